/** @file Frame embeddings of a clip: from the cache, or from the encoder, which sees each distinct picture once. */
import type { EmbeddingKey } from '../conditions/embedding-cache.node.js';
import {
  type EncoderFrame,
  embeddingAt,
  type FrameEmbeddings,
  type ImageTextEncoder,
  interpolateEmbeddings,
  type PictureChanges,
  type PlaceEmbeddings,
} from '../conditions/frame-embeddings.js';
import type { Timeline } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';
import { pictureChange } from '../video/picture-change.js';
import { largestBlockDifference } from '../video/picture-difference.js';
import type { FrameFit, RgbFrame } from '../video/rgb-frame.js';
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
 * @param watchesChanges whether the changes between all pictures are wanted, however seldom the encoder looks
 */
export async function embedClip(
  clip: Clip,
  range: ClipRange,
  timeline: Timeline,
  stations: Pick<SeeingStations, 'encoder' | 'embeddingCache'>,
  hooks: JobHooks,
  speed: Pick<SpeedSettings, 'frameTolerance' | 'looksPerSecond'> = exactSpeed,
  watchesChanges = false,
): Promise<FrameEmbeddings> {
  const { encoder, embeddingCache } = stations;
  const { frameRateHz } = timeline.spec;
  const looksPerSecond = Math.min(speed.looksPerSecond, frameRateHz);
  const contentHash = await clip.contentHash();
  const keyOf = (hasChanges: boolean): EmbeddingKey => ({
    contentHash,
    encoderId: [
      encoder.id,
      ...(speed.frameTolerance === 0 ? [] : [`tolerance-${speed.frameTolerance}`]),
      ...(looksPerSecond === frameRateHz ? [] : [`looks-${looksPerSecond}`]),
      ...(hasChanges ? ['changes'] : []),
    ].join('/'),
    frameRateHz,
    ...range,
  });
  const key = keyOf(watchesChanges);
  // changes that nobody asks for do no harm
  for (const known of watchesChanges ? [key] : [key, keyOf(true)]) {
    const cached = await embeddingCache?.read(known);
    if (cached) return cached;
  }
  const framesPerSecond = watchesChanges ? frameRateHz : looksPerSecond;
  const total = Math.ceil(range.durationSeconds * framesPerSecond);
  const frames = clip.frames({
    startSeconds: range.startSeconds,
    endSeconds: range.startSeconds + range.durationSeconds,
    framesPerSecond,
    fit: fitFor(encoder),
    ...(hooks.signal ? { signal: hooks.signal } : {}),
  });
  const shown: ShownFrame[] = [];
  const changed: Change[] = [];
  const watched = watchesChanges ? watch(frames, changed, 1 / looksPerSecond) : frames;
  const distinct = await encoder.embedFrames(
    distinctFrames(watched, speed.frameTolerance, shown, { total, changed }, hooks),
  );
  const looks = spread(distinct, shown);
  const seen =
    looksPerSecond === frameRateHz || shown.length === 0
      ? looks
      : interpolateEmbeddings(looks, frameTimes(range, timeline));
  const embeddings = watchesChanges ? { ...seen, changes: changesOf(changed) } : seen;
  await embeddingCache?.write(key, embeddings);
  return embeddings;
}

/** Pictures as large as the encoder wants them; none is enlarged but where the encoder would do it anyway. */
function fitFor({ imageSize, pictureFilter, stretchesPictures = false }: ImageTextEncoder): FrameFit {
  const filter = pictureFilter === undefined ? {} : { filter: pictureFilter };
  return stretchesPictures
    ? { kind: 'exact', width: imageSize, height: imageSize, ...filter }
    : { kind: 'shortest-side', pixels: imageSize, ...filter };
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
}

/** A picture, and how much it differs from the one before it, 0..255. */
interface Change {
  readonly timeSeconds: number;
  readonly change: number;
}

/** Notes how each picture changes into the next, and passes on those that are to be looked at. */
async function* watch(
  frames: AsyncIterable<RgbFrame>,
  changed: Change[],
  lookSeconds: number,
): AsyncGenerator<RgbFrame> {
  let before: RgbFrame | null = null;
  let nextSeconds: number | null = null;
  for await (const frame of frames) {
    const { timeSeconds } = frame;
    changed.push({ timeSeconds, change: before === null ? 0 : pictureChange(before, frame) });
    before = { ...frame, data: frame.data.slice() }; // the stream may use its buffer again
    if (nextSeconds !== null && timeSeconds < nextSeconds - slackSeconds) continue;
    nextSeconds = Math.max(nextSeconds ?? timeSeconds, timeSeconds - lookSeconds / 2) + lookSeconds;
    yield frame;
  }
}

/** A tenth of a millisecond: frame times are sums of rounded reciprocals. */
const slackSeconds = 1e-4;

function changesOf(changed: readonly Change[]): PictureChanges {
  return {
    timesSeconds: Float64Array.from(changed, ({ timeSeconds }) => timeSeconds),
    values: Float32Array.from(changed, ({ change }) => change),
  };
}

/** Passes on each picture that differs from the last one passed on, and notes which picture every frame shows. */
async function* distinctFrames(
  frames: AsyncIterable<RgbFrame>,
  tolerance: number,
  shown: ShownFrame[],
  { total, changed }: { readonly total: number; readonly changed: readonly Change[] },
  hooks: JobHooks,
): AsyncGenerator<EncoderFrame> {
  let row = -1;
  let sourceTimeSeconds: number | null = null;
  let reference: RgbFrame | null = null;
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
    shown.push({ timeSeconds: frame.timeSeconds, row });
    if (isNew) yield frame;
    hooks.onProgress?.({
      stage: 'frames',
      done: Math.max(shown.length, changed.length),
      total: Math.max(total, shown.length, changed.length),
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
  if (places === undefined) return { timesSeconds, width, data };
  return { timesSeconds, width, data, places: heldPlaces(places, distinct, shown) };
}

/**
 * A picture that stays on screen shows its places for as long: they are told again where it is seen last, so that what
 * lies between two different pictures is not taken for a slow change from one to the other.
 */
function heldPlaces(
  places: PlaceEmbeddings,
  distinct: FrameEmbeddings,
  shown: readonly ShownFrame[],
): PlaceEmbeddings {
  const lastShown = new Map(shown.map(({ timeSeconds, row }) => [distinct.timesSeconds[row]!, timeSeconds]));
  if (places.timesSeconds.every((time) => lastShown.get(time) === time)) return places;
  const size = places.rows * places.columns * places.width;
  const told = Array.from(places.timesSeconds).flatMap((timeSeconds, grid) => {
    const untilSeconds = lastShown.get(timeSeconds)!;
    const times = untilSeconds > timeSeconds ? [timeSeconds, untilSeconds] : [timeSeconds];
    return times.map((time) => ({ time, grid }));
  });
  const values = new Float32Array(told.length * size);
  told.forEach(({ grid }, index) => {
    values.set(places.values.subarray(grid * size, (grid + 1) * size), index * size);
  });
  return { ...places, timesSeconds: Float64Array.from(told, ({ time }) => time), values };
}
