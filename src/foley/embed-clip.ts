/** @file Frame embeddings of a clip: from the cache, or from the encoder, which sees each distinct picture once. */
import type { EmbeddingKey } from '../conditions/embedding-cache.node.js';
import {
  type EncoderFrame,
  embeddingAt,
  type FrameEmbeddings,
  interpolateEmbeddings,
  type PictureChanges,
} from '../conditions/frame-embeddings.js';
import type { Timeline } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';
import { pictureChange } from '../video/picture-change.js';
import { largestBlockDifference } from '../video/picture-difference.js';
import type { RgbFrame } from '../video/rgb-frame.js';
import type { JobHooks } from './progress.js';
import { exactSpeed, type SpeedSettings } from './speed.js';
import type { Clip, SeeingStations } from './stations.js';

export interface ClipRange {
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

/**
 * Embeds the frames of a range at the timeline's rate. Times are those of the clip.
 * @param speed pictures within its tolerance of the last one that was embedded share that one's embedding; where it
 * looks less often than the timeline wants, the embeddings between are interpolated
 */
export async function embedClip(
  clip: Clip,
  range: ClipRange,
  timeline: Timeline,
  stations: Pick<SeeingStations, 'encoder' | 'embeddingCache'>,
  hooks: JobHooks,
  speed: Pick<SpeedSettings, 'frameTolerance' | 'looksPerSecond'> = exactSpeed,
): Promise<FrameEmbeddings> {
  const { encoder, embeddingCache } = stations;
  const { frameRateHz } = timeline.spec;
  const looksPerSecond = Math.min(speed.looksPerSecond, frameRateHz);
  const key: EmbeddingKey = {
    contentHash: await clip.contentHash(),
    encoderId: [
      encoder.id,
      ...(speed.frameTolerance === 0 ? [] : [`tolerance-${speed.frameTolerance}`]),
      ...(looksPerSecond === frameRateHz ? [] : [`looks-${looksPerSecond}`]),
    ].join('/'),
    frameRateHz,
    ...range,
  };
  const cached = await embeddingCache?.read(key);
  if (cached) return cached;
  const total = Math.ceil(range.durationSeconds * looksPerSecond);
  const frames = clip.frames({
    startSeconds: range.startSeconds,
    endSeconds: range.startSeconds + range.durationSeconds,
    framesPerSecond: looksPerSecond,
    fit: {
      kind: 'shortest-side',
      pixels: encoder.imageSize,
      ...(encoder.pictureFilter ? { filter: encoder.pictureFilter } : {}),
    },
    ...(hooks.signal ? { signal: hooks.signal } : {}),
  });
  const shown: ShownFrame[] = [];
  const distinct = await encoder.embedFrames(
    distinctFrames(frames, speed.frameTolerance, shown, total, hooks),
  );
  const looks = spread(distinct, shown);
  const seen =
    looksPerSecond === frameRateHz || shown.length === 0
      ? looks
      : interpolateEmbeddings(looks, frameTimes(range, timeline));
  const changes: PictureChanges = {
    timesSeconds: Float64Array.from(shown, ({ timeSeconds }) => timeSeconds),
    values: Float32Array.from(shown, ({ change }) => change),
  };
  const embeddings = { ...seen, changes };
  await embeddingCache?.write(key, embeddings);
  return embeddings;
}

function frameTimes({ startSeconds, durationSeconds }: ClipRange, timeline: Timeline): Float64Array {
  return Float64Array.from(
    { length: timeline.frameCount(durationSeconds) },
    (_, frame) => startSeconds + timeline.frameToSeconds(frame),
  );
}

interface ShownFrame {
  readonly timeSeconds: number;
  /** Row of the picture among the distinct ones. */
  readonly row: number;
  /** From the picture before it, 0..255. */
  readonly change: number;
}

/** Passes on each picture that differs from the last one passed on, and notes which picture every frame shows. */
async function* distinctFrames(
  frames: AsyncIterable<RgbFrame>,
  tolerance: number,
  shown: ShownFrame[],
  total: number,
  hooks: JobHooks,
): AsyncGenerator<EncoderFrame> {
  let row = -1;
  let sourceTimeSeconds: number | null = null;
  let reference: RgbFrame | null = null;
  let before: RgbFrame | null = null;
  for await (const frame of frames) {
    if (hooks.signal?.aborted) throw new FoleyError('cancelled', 'looking at the frames was cancelled');
    const isNew =
      reference === null ||
      (frame.sourceTimeSeconds !== sourceTimeSeconds &&
        largestBlockDifference(reference, frame, tolerance) > tolerance);
    sourceTimeSeconds = frame.sourceTimeSeconds;
    if (isNew) {
      row++;
      reference = { ...frame, data: frame.data.slice() }; // the stream may use its buffer again
    }
    shown.push({
      timeSeconds: frame.timeSeconds,
      row,
      change: before === null ? 0 : pictureChange(before, frame),
    });
    before = { ...frame, data: frame.data.slice() };
    if (isNew) yield frame;
    hooks.onProgress?.({
      stage: 'frames',
      done: shown.length,
      total: Math.max(total, shown.length),
      take: 0,
    });
  }
}

function spread(distinct: FrameEmbeddings, shown: readonly ShownFrame[]): FrameEmbeddings {
  const { width } = distinct;
  const data = new Float32Array(shown.length * width);
  shown.forEach(({ row }, index) => {
    data.set(embeddingAt(distinct, row), index * width);
  });
  const timesSeconds = Float64Array.from(shown, ({ timeSeconds }) => timeSeconds);
  const { places } = distinct;
  return { timesSeconds, width, data, ...(places === undefined ? {} : { places }) };
}
