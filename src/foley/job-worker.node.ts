/** @file The child process of a job: opens the model, makes every take, writes it into the staging folder. */
import { rm } from 'node:fs/promises';
import { FoleyError } from '../errors/foley-error.js';
import { generate } from './generate.js';
import { type FromChild, type JobOrder, type ToChild, toWire } from './job-protocol.js';
import { openClipFile, openStations } from './open-stations.node.js';
import { type JobHooks, StageClock } from './progress.js';
import { type FoleySidecar, writeTake } from './write-take.node.js';

const beatMs = 500;

/** Does the work of an order. Also what tests and other hosts run in their own process. */
export async function runOrder(order: JobOrder, hooks: JobHooks): Promise<FoleySidecar[]> {
  const { request } = order;
  const clock = new StageClock();
  const clip = await clock.time('open', () => openClipFile(request.video, hooks.signal));
  try {
    const stations = await clock.time('open', () => openStations(request));
    try {
      hooks.onProgress?.({ stage: 'open', done: 1, total: 1, take: 0 });
      const place = { folder: order.staging, stem: order.stem };
      const sidecars: FoleySidecar[] = [];
      for await (const take of generate(request, clip, stations, order.timing, clock, hooks)) {
        sidecars.push(await writeTake(take, request, place, clip, stations, clock, hooks));
      }
      return sidecars;
    } finally {
      await stations.close();
    }
  } finally {
    clip.close();
  }
}

/** Listens to the parent for the rest of this process's life. */
function serve(send: (message: FromChild) => void): void {
  const abort = new AbortController();
  let staging: string | null = null;
  // Ctrl-C reaches the whole process group; the parent decides what it means
  process.on('SIGINT', () => {});
  process.on('disconnect', () => {
    const leave = (): never => process.exit(1);
    if (staging === null) leave();
    else void rm(staging, { recursive: true, force: true }).then(leave, leave);
  });
  setInterval(() => send({ kind: 'beat', rssBytes: process.memoryUsage.rss() }), beatMs).unref();
  process.on('message', (message: ToChild) => {
    if (message.kind === 'cancel') {
      abort.abort(new FoleyError('cancelled', 'the job was cancelled'));
      return;
    }
    staging = message.order.staging;
    const hooks: JobHooks = {
      signal: abort.signal,
      onProgress: (progress) => send({ kind: 'progress', progress }),
    };
    runOrder(message.order, hooks)
      .then(
        // maxRSS is in KiB on every platform (libuv)
        (sidecars): FromChild => ({
          kind: 'done',
          sidecars,
          peakRssBytes: process.resourceUsage().maxRSS * 1024,
        }),
        (thrown: unknown): FromChild => ({ kind: 'failed', error: toWire(thrown) }),
      )
      .then((last) => process.send!(last, () => process.exit(0)));
  });
}

// only a forked child has a parent to talk to
if (process.send && process.argv.includes('--smooth-foley-job')) {
  serve((message) => {
    if (process.connected) process.send!(message);
  });
}
