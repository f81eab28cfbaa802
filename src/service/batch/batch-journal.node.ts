/** @file The record of a batch: one line for each clip that has ended, written before it is told, kept beside the results. */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { FoleyError } from '../../errors/foley-error.js';

/** How one clip ended. */
export interface BatchLine {
  readonly key: string;
  readonly video: string;
  readonly state: 'done' | 'failed';
  /** Names in the result folder. */
  readonly files: readonly string[];
  readonly seconds: number;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

export class BatchJournal {
  readonly #file: FileHandle;
  /** Ends of earlier runs; the last of each clip counts. */
  readonly past: ReadonlyMap<string, BatchLine>;

  private constructor(file: FileHandle, past: ReadonlyMap<string, BatchLine>) {
    this.#file = file;
    this.past = past;
  }

  /** @param isFresh refuses a journal that is there @throws FoleyError `output-exists` */
  static async open(path: string, isFresh: boolean): Promise<BatchJournal> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null && isFresh) {
      throw new FoleyError('output-exists', `${path} exists already: a batch was written there`, {
        hint: 'Go on with it by --resume, or choose another --out-dir.',
      });
    }
    const past = new Map<string, BatchLine>();
    for (const line of (text ?? '').split('\n')) {
      const parsed = parseLine(line);
      if (parsed !== null) past.set(parsed.key, parsed);
    }
    const file = await open(path, 'a');
    // what a killed run has half written must not run into the next line
    if (text !== null && text !== '' && !text.endsWith('\n')) await file.write('\n');
    return new BatchJournal(file, past);
  }

  /** On disk when this returns. */
  async add(line: BatchLine): Promise<void> {
    await this.#file.write(`${JSON.stringify(line)}\n`);
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Null for what a killed run has half written. */
function parseLine(line: string): BatchLine | null {
  try {
    const json = JSON.parse(line) as BatchLine;
    return typeof json.key === 'string' ? json : null;
  } catch {
    return null;
  }
}
