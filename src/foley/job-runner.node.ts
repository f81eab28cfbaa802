/** @file Runs a job in a forked child: progress, cancelling, death and cleaning up. The engine blocks while it runs, so it never runs here. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import {
  type FromChild,
  fromWire,
  type GenerateOrder,
  type Inspection,
  type InspectOrder,
  type JobOrder,
  type JobYield,
  type ToChild,
} from './job-protocol.js';
import type { FoleyProgress } from './progress.js';
import type { FoleyRequest } from './request.js';
import { resolveRequest } from './resolve-request.node.js';
import { openStagingFolder, resultPlace, takeName } from './result-files.node.js';
import type { FoleySidecar } from './write-take.node.js';

export interface JobOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FoleyProgress) => void;
  /** How long a cancelled child may take to stop by itself; then it is killed. */
  readonly graceMs?: number;
  /** A child that says nothing for so long is taken for dead. A single step of a large model takes seconds. */
  readonly silenceMs?: number;
  /** In place of the real worker: tests give one that misbehaves. */
  readonly workerPath?: string;
}

export interface FoleyResult {
  /** Sidecars in order of take. */
  readonly takes: readonly FoleySidecar[];
  /** Absolute paths of everything written. */
  readonly paths: readonly string[];
  /** The child's largest resident set. */
  readonly peakRssBytes: number;
  /** Of all threads of the child, from its start. */
  readonly processorSeconds: number;
}

/**
 * Generates what a request asks for. Results appear in their folder all at once, or not at all: also when the job
 * fails, is cancelled, or its process dies.
 * @throws FoleyError with the code of whatever went wrong; `cancelled` when the signal fired
 */
export async function runFoleyJob(request: FoleyRequest, options: JobOptions = {}): Promise<FoleyResult> {
  const settled = await resolveRequest(request);
  const place = resultPlace(request);
  const names = Array.from({ length: request.takes }, (_, take) => takeName(place.stem, take, request.takes));
  const staging = await openStagingFolder(place, names, request.overwrite);
  try {
    const order: GenerateOrder = {
      kind: 'generate',
      request: settled,
      staging: staging.path,
      stem: place.stem,
    };
    const { yielded, peakRssBytes, processorSeconds } = await superviseChild(order, options);
    if (options.signal?.aborted) throw cancelled(options.signal);
    const paths = await staging.publish(request.overwrite);
    return { takes: yielded, paths, peakRssBytes, processorSeconds };
  } finally {
    await staging.discard();
  }
}

/** Looks at a clip: facts, and with a label, when it is seen. Writes nothing but the embedding cache. */
export async function runInspection(
  request: FoleyRequest,
  wanted: Pick<InspectOrder, 'withTiming' | 'withPicture'>,
  options: JobOptions = {},
): Promise<Inspection> {
  const order: InspectOrder = { kind: 'inspect', request: await resolveRequest(request), ...wanted };
  return (await superviseChild(order, options)).yielded;
}

interface ChildOutcome<O extends JobOrder> {
  readonly yielded: JobYield<O>;
  readonly peakRssBytes: number;
  readonly processorSeconds: number;
}

const pollMs = 250;

/** Gives a child an order and sees it through to its end. @throws what the child threw, or what ended it */
export async function superviseChild<O extends JobOrder>(
  order: O,
  options: JobOptions,
): Promise<ChildOutcome<O>> {
  const { signal, onProgress, graceMs = 3000, silenceMs = 600_000 } = options;
  if (signal?.aborted) throw cancelled(signal);
  const child = forkWorker(options.workerPath);
  const limitBytes = (order.request.memoryLimit ?? Number.POSITIVE_INFINITY) * 2 ** 20;
  let verdict: FoleyError | null = null;
  let outcome: ChildOutcome<O> | null = null;
  let heardAt = performance.now();
  let reportedRss = 0;
  let killTimer: NodeJS.Timeout | null = null;

  const kill = (reason: FoleyError): void => {
    verdict ??= reason;
    child.kill('SIGKILL');
  };
  const cancel = (): void => {
    verdict ??= cancelled(signal!);
    tell(child, { kind: 'cancel' });
    killTimer ??= setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  const watch = setInterval(() => {
    const rssBytes = residentBytes(child.pid) ?? reportedRss;
    if (rssBytes > limitBytes) {
      kill(
        new FoleyError(
          'limit-exceeded',
          `the job needed more than the memory limit of ${order.request.memoryLimit} MiB`,
          {
            hint: 'Raise --memory-limit, or generate a shorter part with --duration.',
          },
        ),
      );
    } else if (performance.now() - heardAt > silenceMs) {
      kill(
        new FoleyError(
          'engine-failed',
          `the job said nothing for ${Math.round(silenceMs / 1000)} s and was ended`,
        ),
      );
    }
  }, pollMs);

  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const exit = await new Promise<string>((resolve) => {
      child.on('message', (message: FromChild) => {
        heardAt = performance.now();
        if (message.kind === 'progress') onProgress?.(message.progress);
        else if (message.kind === 'beat') reportedRss = message.rssBytes;
        else if (message.kind === 'done')
          outcome = message as unknown as ChildOutcome<O>; // a child answers the order it was given
        else verdict ??= fromWire(message.error);
      });
      child.on('error', (cause) => {
        verdict ??= new FoleyError('engine-failed', `the job could not be started: ${messageOf(cause)}`, {
          cause,
        });
        if (child.pid === undefined) resolve('never started');
      });
      child.on('exit', (code, exitSignal) => resolve(exitSignal ?? `exit code ${code}`));
      tell(child, { kind: 'start', order });
    });
    if (verdict) throw verdict;
    if (outcome) return outcome;
    throw new FoleyError('engine-failed', `the job's process died (${exit})`, {
      hint:
        exit === 'SIGKILL'
          ? 'The system may have run out of memory: try a shorter --duration.'
          : 'Run it again with --verbose; smooth-foley doctor checks this machine.',
    });
  } finally {
    clearInterval(watch);
    if (killTimer) clearTimeout(killTimer);
    signal?.removeEventListener('abort', cancel);
  }
}

/** From `dist` under plain node, from `src` under a loader of TypeScript. */
function forkWorker(workerPath: string | undefined): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const path =
    workerPath ??
    fileURLToPath(new URL(isSource ? './job-worker.node.ts' : './job-worker.node.js', import.meta.url));
  const execArgv = path.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return fork(path, ['--smooth-foley-job'], {
    serialization: 'advanced',
    execArgv,
    // what native codecs print to stderr belongs to nobody; our own errors come as messages
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function tell(child: ChildProcess, message: ToChild): void {
  // a child that has just died is dealt with by its exit
  if (child.connected) child.send(message, () => {});
}

/** Resident memory of a process; null where the system does not say (other than Linux). */
function residentBytes(pid: number | undefined): number | null {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

export function cancelled(signal: AbortSignal): FoleyError {
  return new FoleyError('cancelled', 'the job was cancelled', { cause: signal.reason });
}
