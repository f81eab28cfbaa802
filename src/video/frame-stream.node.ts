/** @file Streams the pictures of a window of a clip at a fixed rate, by presentation time. */
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { loadCodecs } from './codecs.node.js';
import { createFrameConverter } from './frame-converter.node.js';
import { sampleByPresentationTime, samplingTimes } from './frame-sampling.js';
import type { OpenMedia } from './open-media.node.js';
import { type DecodedPicture, decodePictures } from './picture-decoder.node.js';
import { type FrameFilter, type FrameFit, fitFrameSize, type RgbFrame } from './rgb-frame.js';

export interface FrameStreamOptions {
  /** Window in clip time, `[startSeconds, endSeconds)`; default the whole clip. Past its end the last picture is held. */
  readonly startSeconds?: number;
  readonly endSeconds?: number;
  /** Default 30. */
  readonly framesPerSecond?: number;
  /** Default 'native'. */
  readonly fit?: FrameFit;
  readonly signal?: AbortSignal;
}

/**
 * Yields `ceil((endSeconds - startSeconds) * framesPerSecond)` frames. A handful of decoded pictures are in memory
 * at a time, whatever the length of the clip; only pictures that are sampled are converted.
 *
 * @throws FoleyError 'input-rejected' when a picture cannot be decoded, 'limit-exceeded', 'platform-missing',
 * 'cancelled'.
 */
export async function* frameStream(
  media: OpenMedia,
  options: FrameStreamOptions = {},
): AsyncGenerator<RgbFrame> {
  const { startSeconds = 0, endSeconds = media.facts.durationSeconds, framesPerSecond = 30 } = options;
  const isInvalid = !(framesPerSecond > 0) || !Number.isFinite(startSeconds) || !Number.isFinite(endSeconds);
  if (isInvalid)
    throw new FoleyError('usage', 'a frame stream needs a finite window and a positive frame rate');
  const times = samplingTimes(startSeconds, endSeconds, framesPerSecond);
  const codecs = await loadCodecs();
  // A stored time may be rounded up by half a tick (0.5 ms in Matroska): without this, 30 fps stutters against 30 fps.
  const toleranceSeconds = Math.min(0.5 / (await media.videoTrack.getTimeResolution()), 0.001) + 1e-6;
  const size = fitFrameSize(media.facts.video, options.fit ?? { kind: 'native' });
  const converter = createFrameConverter(codecs, {
    size,
    filter: filterOf(options.fit),
    rotation: media.facts.video.rotationDegrees,
    isMirrored: await media.videoTrack.getFlip(),
    maxPixelsPerFrame: media.limits.maxPixelsPerFrame,
    path: media.path,
  });
  const pictures = namedErrors(
    media,
    decodePictures(codecs, media, startSeconds + toleranceSeconds),
    startSeconds,
  );
  let shown: { readonly picture: DecodedPicture; readonly data: Uint8Array } | undefined;
  try {
    for await (const { timeSeconds, picture } of sampleByPresentationTime(
      pictures,
      times,
      toleranceSeconds,
    )) {
      assertNotAborted(media, options.signal);
      if (shown?.picture !== picture) {
        const data = await converter.convert(picture.frame).catch((error: unknown) => {
          throw decodingError(media, picture.timeSeconds, error);
        });
        shown = { picture, data };
      }
      yield { timeSeconds, sourceTimeSeconds: picture.timeSeconds, ...size, data: shown.data };
    }
    if (times.length > 0 && shown === undefined)
      throw decodingError(media, startSeconds, 'no picture came out');
  } finally {
    converter.close();
  }
}

/** Says which file, and where in it, when decoding fails. */
async function* namedErrors(
  media: OpenMedia,
  pictures: AsyncIterable<DecodedPicture>,
  startSeconds: number,
): AsyncGenerator<DecodedPicture> {
  let reachedSeconds = startSeconds;
  try {
    for await (const picture of pictures) {
      reachedSeconds = picture.timeSeconds;
      yield picture;
    }
  } catch (error) {
    throw decodingError(media, reachedSeconds, error);
  }
}

function assertNotAborted(media: OpenMedia, signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new FoleyError('cancelled', `reading ${media.path} was cancelled`, { cause: signal.reason });
  }
}

function decodingError(media: OpenMedia, timeSeconds: number, error: unknown): FoleyError {
  if (error instanceof FoleyError) return error;
  const message = `${media.path} cannot be decoded near ${timeSeconds.toFixed(2)} s: ${messageOf(error)}`;
  return new FoleyError('input-rejected', message, {
    hint: 'The file may be damaged; encoding it anew with a player that repairs it may help.',
    cause: error,
  });
}

function filterOf(fit: FrameFit | undefined): FrameFilter {
  return (fit?.kind === 'shortest-side' || fit?.kind === 'exact' ? fit.filter : null) ?? 'area';
}
