/** @file Draws views in children with an end to their time and memory, a few at a time, and keeps what was drawn. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FoleyError } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { fromWire } from '../foley/job-protocol.js';
import type { BlobStore } from './blob-store.js';
import type { View, ViewTask } from './clip-views.node.js';
import { newId } from './random-id.js';
import { ServiceError } from './service-error.js';
import type { FromViewChild } from './view-worker.node.js';

type Unplaced<T> = T extends ViewTask ? Omit<T, 'path'> : never;
/** A task without its file. */
export type ViewOrder = Unplaced<ViewTask>;

export interface ViewRunnerOptions {
  readonly blobs: BlobStore;
  /** Where views are kept, and clips lie while they are read. */
  readonly folder: string;
  readonly seconds: number;
  readonly mebibytes: number;
  /** Children at once; more wait, up to `queue`. */
  readonly children: number;
  readonly queue: number;
  /** In place of the real child: tests give one that misbehaves. */
  readonly workerPath?: string;
}

/** As many views are kept; the oldest go first. */
const mostKept = 500;

export class ViewRunner {
  readonly #options: ViewRunnerOptions;
  readonly #underWay = new Map<string, Promise<View>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ViewRunnerOptions) {
    this.#options = options;
  }

  /** The view of a blob; drawn once, then kept. @throws ServiceError `too-many`, FoleyError of the child */
  async view(key: string, order: ViewOrder): Promise<View> {
    const name = createHash('sha256')
      .update(JSON.stringify([key, order]))
      .digest('hex');
    const kept = await this.#kept(name);
    if (kept) return kept;
    let drawing = this.#underWay.get(name);
    if (!drawing) {
      drawing = this.#draw(key, order, name).finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, drawing);
    }
    return drawing;
  }

  async #draw(key: string, order: ViewOrder, name: string): Promise<View> {
    const { blobs, folder, queue, children } = this.#options;
    if (this.#running >= children && this.#waiting.length >= queue) {
      throw new ServiceError('too-many', 'too many pictures are being drawn', { retryAfterSeconds: 2 });
    }
    // a child that ends hands its place to the next in line
    if (this.#running >= children) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    const source = join(folder, 'sources', newId());
    try {
      await mkdir(join(folder, 'sources'), { recursive: true });
      await blobs.materialize(key, source);
      const view = await this.#inChild({ ...order, path: source } as ViewTask);
      await this.#keep(name, view);
      return view;
    } catch (error) {
      throw withoutPath(error, source);
    } finally {
      await rm(source, { force: true });
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  async #inChild(task: ViewTask): Promise<View> {
    const { seconds, mebibytes, workerPath } = this.#options;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const path = workerPath ?? fileURLToPath(new URL(`./view-worker.node.${extension}`, import.meta.url));
    const child = fork(path, ['--smooth-foley-view'], {
      serialization: 'advanced',
      execArgv: path.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let verdict: FoleyError | null = null;
    const end = (reason: string): void => {
      verdict ??= new FoleyError('limit-exceeded', reason, {
        hint: 'The clip may be damaged or very large.',
      });
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end(`drawing took longer than ${seconds} s`), seconds * 1000);
    const watch = setInterval(() => {
      if (residentBytes(child.pid) > mebibytes * 2 ** 20) end(`drawing needed more than ${mebibytes} MiB`);
    }, 250);
    try {
      const answer = await new Promise<FromViewChild | null>((resolve) => {
        let last: FromViewChild | null = null;
        child.on('message', (message: FromViewChild) => {
          last = message;
        });
        child.on('error', () => resolve(last));
        child.on('exit', () => resolve(last));
        child.send(task, () => {});
      });
      if (verdict) throw verdict;
      if (answer === null) throw new FoleyError('engine-failed', 'the process that draws died');
      if ('error' in answer) throw fromWire(answer.error);
      return answer.view;
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      child.kill('SIGKILL');
    }
  }

  async #kept(name: string): Promise<View | null> {
    const base = join(this.#options.folder, name);
    const facts = await readFile(`${base}.json`, 'utf8').catch(() => null);
    if (facts === null) return null;
    const parsed = JSON.parse(facts) as { readonly facts: View['facts']; readonly hasPicture: boolean };
    if (!parsed.hasPicture) return { facts: parsed.facts, png: null };
    const png = await readFile(`${base}.png`).catch(() => null);
    return png === null ? null : { facts: parsed.facts, png };
  }

  async #keep(name: string, { facts, png }: View): Promise<void> {
    const base = join(this.#options.folder, name);
    if (png !== null) await writeFileAtomic(`${base}.png`, png);
    const text = JSON.stringify({ facts, hasPicture: png !== null });
    await writeFileAtomic(`${base}.json`, new TextEncoder().encode(text));
    await this.#forgetOldest();
  }

  async #forgetOldest(): Promise<void> {
    const { folder } = this.#options;
    const names = (await readdir(folder)).filter((file) => file.endsWith('.json') && !file.startsWith('.'));
    if (names.length <= mostKept) return;
    const aged = await Promise.all(
      names.map(async (file) => ({
        file,
        at: (await stat(join(folder, file)).catch(() => null))?.mtimeMs ?? 0,
      })),
    );
    aged.sort((a, b) => a.at - b.at);
    for (const { file } of aged.slice(0, names.length - mostKept)) {
      await rm(join(folder, file), { force: true });
      await rm(join(folder, file.replace(/json$/, 'png')), { force: true });
    }
  }
}

/** Resident memory of a process; 0 where the system does not say (other than Linux). */
function residentBytes(pid: number | undefined): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0; // it has just ended
  }
}

/** Where files lie on this machine is nobody's business. */
export function withoutPath(error: unknown, path: string, inPlace = 'the file'): unknown {
  if (!(error instanceof FoleyError) || !error.message.includes(path)) return error;
  const message = error.message.replaceAll(path, inPlace);
  return new FoleyError(error.code, message, {
    ...(error.hint === null ? {} : { hint: error.hint }),
    cause: error,
  });
}
