/** @file Puts the windows of a long clip together, each fading into the next at equal power. */
import type { Window } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';

/**
 * One run of samples out of windows that overlap. Where two overlap, the earlier fades out as cos and the later fades
 * in as sin, over the whole overlap: their powers add up to one, as fits sounds that are not alike sample by sample.
 * @param windows in order; starts in seconds since the first sample
 * @param parts samples of each window, of equal length
 * @param length samples wanted; cut, or silent at the end
 */
export function joinWindows(
  windows: readonly Window[],
  parts: readonly Float32Array[],
  sampleRateHz: number,
  length: number,
): Float32Array {
  if (windows.length !== parts.length) {
    throw new FoleyError('usage', `${parts.length} parts of sound do not fit ${windows.length} windows`);
  }
  const joined = new Float32Array(length);
  const starts = windows.map((window) => Math.round(window.startSeconds * sampleRateHz));
  parts.forEach((part, index) => {
    const start = starts[index]!;
    const previousEnd = index === 0 ? start : starts[index - 1]! + parts[index - 1]!.length;
    const nextStart = starts[index + 1] ?? start + part.length;
    const fadeIn = Math.max(0, previousEnd - start);
    const fadeOut = Math.max(0, start + part.length - nextStart);
    const end = Math.min(part.length, length - start);
    for (let at = 0; at < end; at++) {
      const rising = at < fadeIn ? Math.sin((Math.PI / 2) * ((at + 0.5) / fadeIn)) : 1;
      const left = part.length - at;
      const falling = left <= fadeOut ? Math.sin((Math.PI / 2) * ((left - 0.5) / fadeOut)) : 1;
      joined[start + at] = joined[start + at]! + part[at]! * rising * falling;
    }
  });
  return joined;
}
