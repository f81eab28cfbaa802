/** @file Ticks for axes. */

/** Evenly spaced round values within low..high: steps of 1, 2 or 5 times a power of ten, at most `most` of them. */
export function niceTicks(low: number, high: number, most: number): number[] {
  if (!(high > low)) return [low];
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10, 20]
    .map((factor) => factor * power)
    .find((candidate) => (high - low) / candidate <= most)!;
  const first = Math.ceil(low / step - tickSlack);
  const count = Math.floor(high / step + tickSlack) - first + 1;
  // multiply rather than add, and cut the noise that 3 * 0.1 brings
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Powers of ten and their 2 and 5 fold within low..high, for logarithmic axes. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const factor of [1, 2, 5]) {
      const value = Number((factor * 10 ** exponent).toPrecision(6));
      if (value >= low * (1 - tickSlack) && value <= high * (1 + tickSlack)) ticks.push(value);
    }
  }
  return ticks;
}

/** Seconds as a person reads them: "2.5 s", "1:05". */
export function timeLabel(seconds: number, longestSeconds: number): string {
  if (longestSeconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Number((seconds - minutes * 60).toPrecision(6));
  return `${minutes}:${rest < 10 ? '0' : ''}${rest}`;
}

const tickSlack = 1e-9;
