/** @file The child process of a job: opens the model, makes every take, writes it into the staging folder. */
import { rm } from 'node:fs/promises';
import { FoleyError } from '../errors/foley-error.js';
import { renderPng } from '../pictures/render-svg.node.js';
import { drawInspection } from './draw-take.js';
import { generate } from './generate.js';
import {
  type FromChild,
  type GenerateOrder,
  type Inspection,
  type InspectOrder,
  type JobOrder,
  type JobYield,
  type ToChild,
  toWire,
} from './job-protocol.js';
import { makeMix } from './make-mix.node.js';
import { type ClipFile, openClipFile, openSeeingStations, openStations } from './open-stations.node.js';
import { type JobHooks, StageClock } from './progress.js';
import { seeClip } from './see-clip.js';
import { withModelDefaults } from './settled-request.js';
import { settleSpeed } from './speed.js';
import { type FoleySidecar, writeTake } from './write-take.node.js';

const beatMs = 500;

/** Does the work of an order in this process. */
export async function runOrder(order: JobOrder, hooks: JobHooks): Promise<JobYield<JobOrder>> {
  const clock = new StageClock();
  const clip = await clock.time('open', () => openClipFile(order.request.video, hooks.signal));
  try {
    if (order.kind === 'generate') return await makeTakes(order, clip, clock, hooks);
    if (order.kind === 'inspect') return await inspect(order, clip, clock, hooks);
    return await makeMix(order.request, { folder: order.staging, stem: order.stem }, clip, hooks);
  } finally {
    clip.close();
  }
}

async function makeTakes(
  order: GenerateOrder,
  clip: ClipFile,
  clock: StageClock,
  hooks: JobHooks,
): Promise<FoleySidecar[]> {
  const { staging, stem } = order;
  return withStations(
    () => openStations(order.request),
    clock,
    hooks,
    async (stations) => {
      const request = settleSpeed(
        withModelDefaults(order.request, stations.defaults),
        stations.speedDefaults,
      );
      const sidecars: FoleySidecar[] = [];
      for await (const take of generate({ request, clip, stations, clock, hooks })) {
        sidecars.push(
          await writeTake(take, request, { folder: staging, stem }, clip, stations, clock, hooks),
        );
      }
      return sidecars;
    },
  );
}

async function inspect(
  order: InspectOrder,
  clip: ClipFile,
  clock: StageClock,
  hooks: JobHooks,
): Promise<Inspection> {
  const { request } = order;
  const base = { facts: clip.facts, sha256: await clip.contentHash() };
  if (!order.withTiming)
    return {
      ...base,
      timing: null,
      trackTimings: [],
      seenAs: null,
      chosenLabel: null,
      warnings: [],
      timings: clock.timings(),
      picture: null,
    };
  const { tracks, choice } = await withStations(
    () => openSeeingStations(request),
    clock,
    hooks,
    (stations) => {
      // the timing is what is asked for, whatever its weight in a request
      const always = { ...withModelDefaults(request, stations.defaults), timingScale: 1 };
      return seeClip({ request: always, clip, stations, clock, hooks });
    },
  );
  const trackTimings = tracks.map(({ timing }) => timing!); // a timing of weight 1 is always made
  const timing = trackTimings[0]!;
  const picture = order.withPicture
    ? renderPng(await drawInspection(timing, tracks[0]!.plan.threshold, clip))
    : null;
  const warnings = tracks.flatMap((track) => track.warnings);
  const { seenAs } = tracks[0]!;
  const timings = clock.timings();
  return { ...base, timing, trackTimings, seenAs, chosenLabel: choice, warnings, timings, picture };
}

async function withStations<S extends { close(): Promise<void> }, T>(
  open: () => Promise<S>,
  clock: StageClock,
  hooks: JobHooks,
  use: (stations: S) => Promise<T>,
): Promise<T> {
  const stations = await clock.time('open', open);
  try {
    hooks.onProgress?.({ stage: 'open', done: 1, total: 1, take: 0 });
    return await use(stations);
  } finally {
    await stations.close();
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
    staging = message.order.kind === 'inspect' ? null : message.order.staging;
    const hooks: JobHooks = {
      signal: abort.signal,
      onProgress: (progress) => send({ kind: 'progress', progress }),
    };
    runOrder(message.order, hooks)
      .then(
        (yielded): FromChild => {
          const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
          return {
            kind: 'done',
            yielded,
            peakRssBytes: maxRSS * 1024, // KiB on every platform (libuv)
            processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
          };
        },
        (thrown: unknown): FromChild => ({ kind: 'failed', error: toWire(thrown) }),
      )
      .then((last) => process.send!(last, () => process.exit(0)));
  });
}

// only a forked child has a parent to talk to
if (process.send && process.argv.includes('--smooth-foley-job')) {
  serve((message) => {
    // when the parent has just died, `disconnect` deals with it
    if (process.connected) process.send!(message, () => {});
  });
}
