/** @file What is known of a clip before any of it is decoded, and the arithmetic behind it. */

/** The containers that are read. A file is told apart by its first bytes, never by its name. */
export type MediaContainer = 'mp4' | 'mov' | 'webm' | 'mkv';

/** Picture codecs that can be decoded. */
export type VideoCodecName = 'h264' | 'h265' | 'vp8' | 'vp9' | 'av1' | 'prores';

/** Clockwise turn that a player applies before showing the picture. */
export type RotationDegrees = 0 | 90 | 180 | 270;

export interface VideoFacts {
  readonly codec: VideoCodecName;
  /** Pixels as shown: after rotation, and with the pixel aspect ratio made square. */
  readonly width: number;
  readonly height: number;
  readonly rotationDegrees: RotationDegrees;
  /** Frames divided by the time they cover. */
  readonly averageFps: number;
  readonly isVariableFrameRate: boolean;
  readonly frameCount: number;
}

export interface AudioFacts {
  /** As the container names it: 'aac', 'opus', 'pcm-s16', ...; null when the codec is not known here. */
  readonly codec: string | null;
  readonly channels: number;
  readonly sampleRateHz: number;
}

/**
 * A clip as a whole. Clip time 0 is the container's time 0, or the first timestamp where that is later (a
 * recording that was cut out of a longer one); what lies before 0 is pre-roll and never shown.
 */
export interface MediaFacts {
  /** Where the last picture stops being shown, in clip time. */
  readonly durationSeconds: number;
  readonly container: MediaContainer;
  readonly byteLength: number;
  readonly video: VideoFacts;
  readonly audio: readonly AudioFacts[];
}

export interface FrameTiming {
  readonly averageFps: number;
  readonly isVariableFrameRate: boolean;
  readonly frameCount: number;
  /** End of the last frame, in the unit and origin of the given times. */
  readonly endSeconds: number;
}

/** A frame that lasts no time, alone in its file, is shown this long: one frame at 30 a second. */
const LONE_FRAME_SECONDS = 1 / 30;
/** Millisecond containers move a frame by half a millisecond; cameras jitter by more than this when they vary. */
const JITTER_SECONDS = 0.002;

/**
 * Counts frames and tells a constant rate from a variable one. Frames that are over before `fromSeconds` are
 * pre-roll and are not counted.
 *
 * @param times presentation times in any order; `durations` in the same order, 0 where the container has none.
 */
export function frameTiming(
  times: readonly number[],
  durations: readonly number[],
  fromSeconds: number,
): FrameTiming {
  const frames = times
    .map((timeSeconds, index) => ({ timeSeconds, durationSeconds: durations[index] ?? 0 }))
    .filter(
      (frame) => frame.timeSeconds + frame.durationSeconds > fromSeconds || frame.timeSeconds >= fromSeconds,
    )
    .sort((a, b) => a.timeSeconds - b.timeSeconds);
  const first = frames[0];
  const last = frames.at(-1);
  if (first === undefined || last === undefined) {
    return { averageFps: 0, isVariableFrameRate: false, frameCount: 0, endSeconds: fromSeconds };
  }
  const spanSeconds = last.timeSeconds - first.timeSeconds;
  const periodSeconds = frames.length > 1 ? spanSeconds / (frames.length - 1) : 0;
  const lastSeconds = last.durationSeconds || periodSeconds || LONE_FRAME_SECONDS;
  // Constant means: every frame lies on the grid that the first and the last frame span.
  const toleranceSeconds = Math.max(JITTER_SECONDS, periodSeconds * 0.05);
  const isVariableFrameRate = frames.some(
    (frame, index) =>
      Math.abs(frame.timeSeconds - first.timeSeconds - index * periodSeconds) > toleranceSeconds,
  );
  return {
    averageFps: frames.length / (spanSeconds + lastSeconds),
    isVariableFrameRate,
    frameCount: frames.length,
    endSeconds: last.timeSeconds + lastSeconds,
  };
}
