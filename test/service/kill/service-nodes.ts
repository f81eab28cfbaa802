/** @file Processes of the service that a test starts, kills, and finds again at the same address. */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ServiceOptions } from '../../../src/service/start-service.node.js';
import { killQuietly } from './local-postgres.js';

const entry = fileURLToPath(new URL('./service-node.mjs', import.meta.url));
export const quickWorker = fileURLToPath(new URL('./quick-worker.mjs', import.meta.url));

export interface NodeOptions {
  readonly role: 'server' | 'worker';
  readonly options: Partial<ServiceOptions> & { readonly dataDir: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Started before node itself, as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
}

/** Bytes, and how late the event loop was since the last measure. */
export interface Measure {
  readonly rss: number;
  readonly heapUsed: number;
  readonly delayMs: { readonly median: number; readonly p99: number; readonly most: number };
}

/** One process that comes back whenever it dies, until it is told to stop. */
export class ServiceNode {
  readonly name: string;
  readonly #compiled: string;
  readonly #node: NodeOptions;
  #child: ChildProcess | null = null;
  #isStopping = false;
  #whenReady: Promise<boolean> = Promise.resolve(false);
  stderr = '';
  /** How often it has been started. */
  starts = 0;

  constructor(name: string, compiled: string, node: NodeOptions) {
    this.name = name;
    this.#compiled = compiled;
    this.#node = node;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** When it has said that it is ready: it, or the one that came after it. */
  async ready(): Promise<void> {
    for (let failures = 0; !this.#isStopping && !(await this.#whenReady); failures++) {
      if (failures > 200) throw new Error(`${this.name} does not start: ${this.stderr.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  kill(): void {
    if (this.#child?.pid !== undefined) killQuietly(this.#child.pid);
  }

  async measure(): Promise<Measure> {
    const child = this.#child!;
    return new Promise((resolve) => {
      const onMessage = (message: Measure & { kind: string }) => {
        if (message.kind !== 'measure') return;
        child.off('message', onMessage);
        resolve(message);
      };
      child.on('message', onMessage);
      child.send('measure');
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await gone;
  }

  #start(): void {
    const { role, options, env = {} } = this.#node;
    this.starts++;
    const [command, ...before] = this.#node.prefix ?? [];
    const child = fork(entry, [this.#compiled, role, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, ...env },
      ...(command === undefined ? {} : { execPath: command, execArgv: [...before, process.execPath] }),
    });
    this.#child = child;
    child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr = `${this.stderr}${chunk}`.slice(-20_000);
    });
    const isReady = new Promise<boolean>((resolve) => {
      child.on('message', (message: { kind: string }) => {
        if (message.kind === 'ready') resolve(true);
      });
      child.on('exit', () => {
        resolve(false);
        // a database that is away makes the start fail: a manager of services tries again, and so do we
        if (!this.#isStopping) setTimeout(() => this.#isStopping || this.#start(), 50);
      });
    });
    this.#whenReady = isReady;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
