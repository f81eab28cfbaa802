/** @file Timing from the picture alone: it sounds where much changes between frames, whatever it is that moves. */
import type { TimeSpan } from '../../conditions/timeline.js';
import { defaultTimingSettings, timingTrack } from '../../conditions/timing-track.js';
import { quantile } from '../../evaluation/statistics.js';
import type { RgbFrame } from '../../video/rgb-frame.js';

/** Frames a second, and their largest size: what moves less than a pixel of it does not count. */
export const energyFrames = { framesPerSecond: 15, width: 80, height: 60 } as const;

/** A picture that never changes by more than this, of 255, shows no change. */
const leastChange = 0.05;

/**
 * The on spans of a clip by its changes: the mean absolute difference of each frame from the one before it, as a share of
 * a great one in the same clip, is treated as a similarity would be. A clip without any change sounds throughout.
 */
export async function energyTiming(
  frames: AsyncIterable<RgbFrame>,
  durationSeconds: number,
): Promise<TimeSpan[]> {
  const times: number[] = [];
  const changes: number[] = [];
  let before: Uint8Array | null = null;
  for await (const { timeSeconds, data } of frames) {
    times.push(timeSeconds);
    changes.push(before === null ? 0 : meanDifference(before, data));
    before = data.slice();
  }
  if (changes.length > 1) changes[0] = changes[1]!;
  return timingTrack(Float64Array.from(times), relative(changes), defaultTimingSettings, durationSeconds);
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!);
  return sum / a.length;
}

/** Against what is a great change in this clip; a single cut or jump is not to decide. */
const greatShare = 0.95;

function relative(changes: readonly number[]): Float32Array {
  const great = changes.length === 0 ? 0 : quantile(changes, greatShare);
  return Float32Array.from(changes, (change) => (great <= leastChange ? 1 : Math.min(1, change / great)));
}
