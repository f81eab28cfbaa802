/** @file Turns a sound down where it is not to be heard, with short fades. */

/** Where a sound is on, in seconds of the sound. */
export interface GateSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface GateFades {
  /** Before a span begins. */
  readonly attackSeconds: number;
  /** After it has ended: a sound that stops at once is heard as cut. */
  readonly releaseSeconds: number;
}

export const defaultGateFades: GateFades = { attackSeconds: 0.01, releaseSeconds: 0.12 };

/**
 * The samples, turned down outside the spans.
 * @param amount 1 makes it silent there, 0 changes nothing
 */
export function gateSpans(
  samples: Float32Array,
  sampleRateHz: number,
  spans: readonly GateSpan[],
  amount: number,
  { attackSeconds, releaseSeconds }: GateFades = defaultGateFades,
): Float32Array {
  if (amount === 0) return samples;
  const open = new Float32Array(samples.length);
  for (const { startSeconds, endSeconds } of spans) {
    const first = Math.max(0, Math.ceil((startSeconds - attackSeconds) * sampleRateHz));
    const last = Math.min(samples.length - 1, Math.floor((endSeconds + releaseSeconds) * sampleRateHz));
    for (let index = first; index <= last; index++) {
      const seconds = index / sampleRateHz;
      const rising = attackSeconds === 0 ? 1 : 1 + (seconds - startSeconds) / attackSeconds;
      const falling = releaseSeconds === 0 ? 1 : 1 - (seconds - endSeconds) / releaseSeconds;
      const share = Math.max(0, Math.min(1, rising, falling));
      open[index] = Math.max(open[index]!, share);
    }
  }
  return samples.map((sample, index) => sample * (1 - amount * (1 - open[index]!)));
}
