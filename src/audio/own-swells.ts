/** @file How a sound swells and fades by itself, slowly: what has to be taken off before it can follow something else. */

export interface SwellSettings {
  /** Standard deviation of the window over which the level is taken; quicker changes are the sound's character. */
  readonly deviationSeconds: number;
  /** What is quieter than the loudest moment by more is silence, and swells by nothing. */
  readonly rangeDb: number;
  /** Swells are told up to so many dB: evening out more would lift noise. */
  readonly mostDb: number;
}

export const defaultSwellSettings: SwellSettings = { deviationSeconds: 0.15, rangeDb: 35, mostDb: 20 };

/**
 * The slow level against the sound's usual one (the median of where it sounds), in dB, every `stepSeconds`. Silence does
 * not count, so that a sound is not quieter where it begins and ends; within silence, the swell is that of the nearest sound.
 *
 * @returns [ceil(duration / stepSeconds) + 1]; zeros for a silent sound
 */
export function ownSwells(
  samples: Float32Array,
  sampleRateHz: number,
  stepSeconds: number,
  { deviationSeconds, rangeDb, mostDb }: SwellSettings = defaultSwellSettings,
): Float64Array {
  const stepSamples = stepSeconds * sampleRateHz;
  const count = Math.ceil(samples.length / stepSamples) + 1;
  const energy = Float64Array.from({ length: count }, (_, step) => {
    const start = Math.max(0, Math.round((step - 0.5) * stepSamples));
    const end = Math.min(samples.length, Math.round((step + 0.5) * stepSamples));
    let sum = 0;
    for (let index = start; index < end; index++) sum += samples[index]! ** 2;
    return end > start ? sum / (end - start) : 0;
  });
  const loudest = energy.reduce((most, value) => Math.max(most, value), 0);
  const swells = new Float64Array(count);
  if (loudest === 0) return swells;
  const sounds = energy.map((value) => Number(value > loudest * 10 ** (-rangeDb / 10)));
  const reach = Math.ceil((3 * deviationSeconds) / stepSeconds);
  const bell = Float64Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-0.5 * (((index - reach) * stepSeconds) / deviationSeconds) ** 2),
  );
  const levels = energy.map((_, step) => {
    if (sounds[step] === 0) return Number.NaN;
    let [sum, weight] = [0, 0];
    for (let at = Math.max(0, step - reach); at <= Math.min(count - 1, step + reach); at++) {
      const share = bell[at - step + reach]! * sounds[at]!;
      sum += share * energy[at]!;
      weight += share;
    }
    return 10 * Math.log10(sum / weight);
  });
  const usual = medianOf(levels.filter((_, step) => sounds[step] === 1));
  const near = nearestKnown(levels);
  return swells.map((_, step) => Math.max(-mostDb, Math.min(mostDb, levels[near[step]!]! - usual)));
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** For each step the nearest one whose level is known. */
function nearestKnown(levels: Float64Array): Int32Array {
  const nearest = new Int32Array(levels.length).fill(-1);
  let known = -1;
  levels.forEach((level, step) => {
    if (!Number.isNaN(level)) known = step;
    nearest[step] = known;
  });
  known = -1;
  for (let step = levels.length - 1; step >= 0; step--) {
    if (!Number.isNaN(levels[step]!)) known = step;
    const before = nearest[step]!;
    if (before === -1 || (known !== -1 && known - step < step - before)) nearest[step] = known;
  }
  return nearest;
}
