import { describe, expect, it } from 'vitest';
import {
  type ConditionSet,
  createNoiseSchedule,
  createSampler,
  type DenoiseProgress,
  denoise,
  gaussianNoise,
} from '../../src/diffusion/index.js';

const schedule = createNoiseSchedule();
const sampler = (steps: number) =>
  createSampler({ name: 'dpm-solver++' }, { schedule, steps, prediction: 'epsilon' });
const half = async (latents: Float32Array) => latents.map((value) => value / 2);

describe('denoise', () => {
  it('asks for each condition set at each step, and reports each move', async () => {
    const asked: [number, ConditionSet][] = [];
    const progress: DenoiseProgress[] = [];
    const run = sampler(3);
    const latents = gaussianNoise(8, 1);
    const result = await denoise({
      latents,
      sampler: run,
      guidance: { mode: 'joint', scale: 2 },
      predict: async (current, timestep, conditionSet) => {
        asked.push([timestep, conditionSet]);
        return half(current);
      },
      onStep: (step) => progress.push(step),
    });
    expect(asked).toEqual(
      run.timesteps.flatMap((t) => [
        [t, 'none'],
        [t, 'text+vision'],
      ]),
    );
    expect(progress.map(({ step, steps }) => [step, steps])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(progress.at(-1)?.latents).toBe(result);
    expect(latents).toEqual(gaussianNoise(8, 1));
  });

  it('tells the network where each step stands, and guides only within the interval', async () => {
    const asked: string[] = [];
    await denoise({
      latents: gaussianNoise(8, 1),
      sampler: sampler(4),
      guidance: { mode: 'joint', scale: 2, interval: { from: 0.25, until: 0.75 } },
      predict: async (current, _timestep, set, { index, count }) => {
        asked.push(`${index}/${count} ${set}`);
        return half(current);
      },
    });
    expect(asked).toEqual([
      '0/4 text+vision',
      '1/4 none',
      '1/4 text+vision',
      '2/4 none',
      '2/4 text+vision',
      '3/4 text+vision',
    ]);
  });

  it('makes one pass a step at guidance 1, with the result of the plain sampler', async () => {
    let passes = 0;
    const latents = gaussianNoise(8, 1);
    const result = await denoise({
      latents,
      sampler: sampler(4),
      guidance: { mode: 'joint', scale: 1 },
      predict: (current) => {
        passes++;
        return half(current);
      },
    });
    const plain = sampler(4);
    let expected = latents;
    for (const index of plain.timesteps.keys()) expected = plain.step(await half(expected), index, expected);
    expect(passes).toBe(4);
    expect(result).toEqual(expected);
  });

  it('begins at a later index when asked', async () => {
    const visited: number[] = [];
    const run = sampler(5);
    await denoise({
      latents: gaussianNoise(8, 1),
      sampler: run,
      guidance: { mode: 'joint', scale: 1 },
      startIndex: 3,
      predict: async (current, timestep) => {
        visited.push(timestep);
        return current;
      },
    });
    expect(visited).toEqual(run.timesteps.slice(3));
  });

  it('stops when cancelled, also in the middle of an evaluation', async () => {
    const controller = new AbortController();
    let passes = 0;
    const running = denoise({
      latents: gaussianNoise(8, 1),
      sampler: sampler(5),
      guidance: { mode: 'joint', scale: 3 },
      signal: controller.signal,
      predict: async (current) => {
        if (++passes === 3) controller.abort();
        return current;
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(passes).toBe(4); // the passes of a step are asked for together
  });

  it('refuses predictions that are not finite or too short', async () => {
    const request = { latents: gaussianNoise(8, 1), guidance: { mode: 'joint', scale: 1 } as const };
    const broken = denoise({
      ...request,
      sampler: sampler(2),
      predict: async () => new Float32Array(8).fill(Number.NaN),
    });
    await expect(broken).rejects.toMatchObject({ code: 'engine-failed', message: /not finite/ });
    const short = denoise({ ...request, sampler: sampler(2), predict: async () => new Float32Array(7) });
    await expect(short).rejects.toMatchObject({ code: 'engine-failed', message: /7 values/ });
  });
});
