import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addNoise,
  createNoiseSchedule,
  decompose,
  epsilonToVelocity,
  gaussianNoise,
  minSnrWeight,
  signalToNoise,
  velocity,
} from '../../src/diffusion/index.js';

interface Golden {
  betas: number[];
  alphasCumprod: number[];
  lastAlphaCumprod: number;
  clean: number[];
  noise: number[];
  training: {
    timestep: number;
    noisy: number[];
    velocity: number[];
    snr: number;
    epsilonWeight: number;
    velocityWeight: number;
  }[];
}
// Made by: python reference/diffusion/samplers.py test/golden/diffusion/samplers.json
const golden = JSON.parse(
  readFileSync(new URL('../golden/diffusion/samplers.json', import.meta.url), 'utf8'),
) as Golden;

const schedule = createNoiseSchedule();
const everyThirtySeventh = (values: Float32Array) => [...values].filter((_, index) => index % 37 === 0);

function relativeError(values: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, at) => Math.abs(value - values[at]!))) / scale;
}

describe('createNoiseSchedule', () => {
  it('has the betas and cumulative products of diffusers, to the bit', () => {
    expect(everyThirtySeventh(schedule.betas)).toEqual(golden.betas.map(Math.fround));
    expect(everyThirtySeventh(schedule.alphasCumprod)).toEqual(golden.alphasCumprod.map(Math.fround));
    expect(schedule.alphasCumprod[999]).toBe(Math.fround(golden.lastAlphaCumprod));
  });

  it('refuses betas that do not rise', () => {
    expect(() => createNoiseSchedule({ trainSteps: 1000, betaStart: 0.1, betaEnd: 0.01 })).toThrow(/betas/);
    expect(() => createNoiseSchedule({ trainSteps: 1, betaStart: 0.1, betaEnd: 0.2 })).toThrow(/trainSteps/);
  });
});

describe('training targets', () => {
  const clean = Float32Array.from(golden.clean);
  const noise = Float32Array.from(golden.noise);

  it.each(golden.training)('are those of diffusers at step $timestep', (expected) => {
    const { timestep } = expected;
    // Float32 in the reference: 1 - alpha loses digits at the first steps, where it is 0.00085.
    expect(relativeError(addNoise(schedule, clean, noise, timestep), expected.noisy)).toBeLessThan(2e-6);
    expect(relativeError(velocity(schedule, clean, noise, timestep), expected.velocity)).toBeLessThan(2e-6);
    expect(relativeError([signalToNoise(schedule, timestep)], [expected.snr])).toBeLessThan(1e-4);
    expect(
      relativeError([minSnrWeight(schedule, timestep, 'epsilon')], [expected.epsilonWeight]),
    ).toBeLessThan(1e-4);
    expect(
      relativeError([minSnrWeight(schedule, timestep, 'v_prediction')], [expected.velocityWeight]),
    ).toBeLessThan(1e-4);
  });

  it('refuses a step outside the schedule', () => {
    expect(() => addNoise(schedule, clean, noise, 1000)).toThrow(/timestep 1000/);
  });
});

describe('decompose', () => {
  it('undoes addNoise for either prediction, and the readings agree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 1e6 }), (timestep, seed) => {
        const clean = gaussianNoise(24, seed);
        const noise = gaussianNoise(24, seed + 1);
        const alpha = schedule.alphasCumprod[timestep]!;
        const noisy = addNoise(schedule, clean, noise, timestep);
        const target = velocity(schedule, clean, noise, timestep);
        const fromNoise = decompose(noise, noisy, alpha, 'epsilon');
        const fromVelocity = decompose(target, noisy, alpha, 'v_prediction');
        // Division by sqrt(alpha), down to 0.068, amplifies one float32 rounding of values up to 6.
        expect(relativeError(fromNoise.clean, [...clean])).toBeLessThan(2e-5);
        expect(relativeError(fromVelocity.clean, [...clean])).toBeLessThan(2e-6);
        expect(relativeError(fromVelocity.noise, [...noise])).toBeLessThan(2e-6);
        expect(relativeError(epsilonToVelocity(noise, noisy, alpha), [...target])).toBeLessThan(2e-5);
      }),
    );
  });
});
