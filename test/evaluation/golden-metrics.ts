/** @file The golden values of the metrics, and the signals they were made of. */
import { readFileSync } from 'node:fs';

interface GoldenMetrics {
  frechet: { counts: [number, number]; width: number; distance: number }[];
  eigen: { matrix: number[]; values: number[] };
  classes: {
    real: number[][];
    fake: number[][];
    truth: number[];
    kl: number;
    klEpsilon: number;
    inception1: [number, number];
    inception4: [number, number];
    top1: number;
    top3: number;
    confusion: number[][];
  };
  statistics: {
    a: number[];
    b: number[];
    pValue: number;
    meanInterval: [number, number];
    quantiles: number[];
    correlation: number;
  };
  onsets: {
    rate: number;
    delta: number;
    times: number[];
    seed: number;

    onsets: number[];
  }[];
  condFoleyGen: {
    reference: number[];
    found: number[];
    delta: number;
    accuracy: number;
    precision: number;
  }[];
  ties: { truth: number[]; score: number[]; precision: number };
  spectral: { convergence: number; magnitude: number; logSpectral: number };
}

// Made by: python reference/evaluation/metrics.py test/golden/evaluation/metrics.json
export const golden = JSON.parse(
  readFileSync(new URL('../golden/evaluation/metrics.json', import.meta.url), 'utf8'),
) as GoldenMetrics;

/** Uniform -1..1 from a linear congruential generator, as in the reference script. */
export function lcgNoise(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Decaying noise bursts over a faint bed, as in the reference script. */
export function clicks(
  rateHz: number,
  seconds: number,
  times: readonly number[],
  seed: number,
): Float32Array {
  const noise = lcgNoise(Math.trunc(rateHz * seconds), seed);
  return Float32Array.from(noise, (value, at) => {
    const t = at / rateHz;
    return times.reduce(
      (sum, time, index) => (t < time ? sum : sum + value * (0.9 - 0.1 * index) * Math.exp((time - t) * 30)),
      0.002 * value,
    );
  });
}
