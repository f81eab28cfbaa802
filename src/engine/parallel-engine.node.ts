/**
 * @file An engine of several threads, each of which runs whole sessions by itself. Small networks gain more from two runs
 * at once than from one run shared by two threads, and what a run gives does not depend on the number of threads. Nothing
 * blocks the thread that asks.
 */
import { Worker } from 'node:worker_threads';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { Program } from '../graph/program.js';
import type { Tensor } from '../graph/tensor.js';
import type { CompileOptions, Engine, Session } from './engine.js';
import { assertFits, planSession, type SessionPlan } from './ort-session.node.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

type Tensors = Readonly<Record<string, Tensor>>;

export interface ParallelEngineOptions {
  /** Threads, each with sessions of its own; started when they are first needed. */
  readonly threads: number;
}

/** On the CPU. A session is opened on a thread when that thread first runs it. */
export function createParallelEngine({ threads }: ParallelEngineOptions): Engine {
  const workers = Array.from({ length: threads }, () => new SessionThread());
  const queue = new RunQueue(workers);
  const open = new Set<number>();
  let nextSession = 0;
  return {
    device: 'cpu',
    runsAtOnce: threads,
    async compile(program: Program, options: CompileOptions = {}): Promise<Session> {
      const plan = planSession(program, 'cpu', { threads: 1 }, options);
      const id = nextSession++;
      // a program that the runtime refuses is refused now, not when it is first run
      await queue.on(async (worker) => worker.opened(id, plan));
      open.add(id);
      return {
        program,
        async run(feeds, into = {}) {
          checkFeeds(plan, feeds);
          for (const port of plan.outputs)
            if (into[port.name] !== undefined) assertFits(program.name, port, into[port.name]);
          const outputs = await queue.on(async (worker) => {
            if (!open.has(id))
              throw new FoleyError('engine-failed', `the session of ${program.name} is closed`);
            await worker.opened(id, plan);
            return worker.run(id, feeds);
          });
          return placed(outputs, into);
        },
        async close() {
          if (!open.delete(id)) return;
          await Promise.all(workers.map((worker) => worker.closed(id)));
        },
      };
    },
    async close() {
      open.clear();
      await Promise.all(workers.map((worker) => worker.end()));
    },
  };
}

/** Copies outputs into the buffers that were given for them. */
function placed(outputs: Tensors, into: Tensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const buffer = into[name];
      if (buffer === undefined) return [name, tensor];
      (buffer.data as Float32Array).set(tensor.data as Float32Array); // of one type: it was checked
      return [name, { ...tensor, data: buffer.data }];
    }),
  );
}

function checkFeeds({ name, inputs }: SessionPlan, feeds: Tensors): void {
  for (const port of inputs) assertFits(name, port, feeds[port.name]);
  for (const key of Object.keys(feeds)) {
    if (!inputs.some((port) => port.name === key))
      throw new FoleyError('graph-invalid', `program ${name} has no input ${key}`);
  }
}

/** Hands out threads: the first that is idle, else the first that becomes so. */
class RunQueue {
  readonly #idle: SessionThread[];
  readonly #waiting: ((worker: SessionThread) => void)[] = [];

  constructor(workers: readonly SessionThread[]) {
    this.#idle = [...workers];
  }

  async on<T>(work: (worker: SessionThread) => Promise<T>): Promise<T> {
    const worker =
      this.#idle.shift() ?? (await new Promise<SessionThread>((free) => this.#waiting.push(free)));
    try {
      return await work(worker);
    } finally {
      const next = this.#waiting.shift();
      if (next !== undefined) next(worker);
      else this.#idle.unshift(worker); // the one that has run lately has its sessions open
    }
  }
}

interface Asked {
  readonly resolve: (outputs: Tensors | null) => void;
  readonly reject: (error: FoleyError) => void;
}

/** A thread and the sessions that are open on it. */
class SessionThread {
  #worker: Worker | null = null;
  readonly #asked: Asked[] = [];
  readonly #sessions = new Map<number, Promise<unknown>>();

  /** Opens a session unless it is open here. One that could not be opened is tried again. */
  async opened(session: number, plan: SessionPlan): Promise<void> {
    let opening = this.#sessions.get(session);
    if (opening === undefined) {
      opening = this.#ask({ kind: 'open', session, plan });
      this.#sessions.set(session, opening);
      opening.catch(() => this.#sessions.delete(session));
    }
    await opening;
  }

  async run(session: number, feeds: Tensors): Promise<Tensors> {
    return (await this.#ask({ kind: 'run', session, feeds })) ?? {};
  }

  async closed(session: number): Promise<void> {
    if (!this.#sessions.delete(session)) return;
    await this.#ask({ kind: 'close', session });
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#sessions.clear();
    await worker?.terminate();
    this.#fail('was ended');
  }

  #ask(message: ToWorker): Promise<Tensors | null> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    worker.ref(); // a process with a run under way is not done
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      worker.postMessage(message);
    });
  }

  #start(): Worker {
    const worker = startWorker();
    worker.on('message', (answer: FromWorker) => {
      const asked = this.#asked.shift();
      if (this.#asked.length === 0) worker.unref();
      if (answer.kind === 'done') asked?.resolve(answer.outputs);
      else asked?.reject(new FoleyError(answer.code, answer.message));
    });
    worker.on('error', (cause) => this.#fail(`failed: ${messageOf(cause)}`, cause));
    worker.on('exit', () => {
      if (this.#worker !== worker) return; // it was ended
      this.#worker = null;
      this.#sessions.clear();
      this.#fail('died');
    });
    return worker;
  }

  #fail(how: string, cause?: unknown): void {
    const error = new FoleyError('engine-failed', `a thread of the engine ${how}`, { cause });
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }
}

/** From `dist` under plain node; from `src` a thread has to load TypeScript by itself. */
function startWorker(): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./session-worker.node.js', import.meta.url));
  const source = new URL('./session-worker.node.ts', import.meta.url).href;
  const loader = import.meta.resolve('tsx/esm/api');
  const code = `(await import('${loader}')).register(); await import('${source}');`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
}
