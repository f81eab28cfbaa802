/** @file A child process that is given commands line by line, and whose memory is watched while it works. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';

/** MiB a process occupies. */
export interface Memory {
  /** Its own pages: what it would take with it. */
  readonly private: number;
  /** Pages of files, which the system can drop and read again. */
  readonly file: number;
}

/** Now, from /proc (Linux). */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { private: Math.round(field('RssAnon')), file: Math.round(field('RssFile')) };
}

/** One side of a comparison. */
export class TimedChild {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #peak: Memory = { private: 0, file: 0 };

  constructor(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    const reader: Interface = createInterface({ input: this.#child.stdout! });
    this.#lines = reader[Symbol.asyncIterator]();
  }

  /** Sends a command and waits for its answer. @throws Error when the child reports one or ends */
  async ask(command: object): Promise<Record<string, number>> {
    const watch = setInterval(() => this.#look(), 20);
    try {
      this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`a child ended instead of answering ${JSON.stringify(command)}`);
      const answer = JSON.parse(value) as Record<string, number> & { error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } finally {
      clearInterval(watch);
    }
  }

  /** The most it occupied so far, private and file-backed each for itself. */
  get peak(): Memory {
    this.#look();
    return this.#peak;
  }

  /** What it occupies between two commands. */
  get now(): Memory {
    return memoryOf(this.#child.pid!);
  }

  quit(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.stdin!.write(`${JSON.stringify({ do: 'quit' })}\n`);
    });
  }

  #look(): void {
    const { private: own, file } = memoryOf(this.#child.pid!);
    this.#peak = { private: Math.max(own, this.#peak.private), file: Math.max(file, this.#peak.file) };
  }
}
