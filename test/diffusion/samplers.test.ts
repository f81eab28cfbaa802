import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createNoiseSchedule,
  createSampler,
  gaussianNoise,
  type PredictionType,
  type SamplerChoice,
  solverTimesteps,
  spacedTimesteps,
  type TimestepSpacing,
  TorchNoise,
} from '../../src/diffusion/index.js';

interface Settings {
  kind: 'ddim' | 'pndm' | 'dpm' | 'karras';
  steps: number;
  spacing: TimestepSpacing;
  offset: number;
  karras?: boolean;
  timesteps: number[];
}
interface Run extends Settings {
  prediction: PredictionType;
  eta?: number;
  final?: 'zero' | 'sigma_min';
  latents: number[][];
}
// Made by: python reference/diffusion/samplers.py test/golden/diffusion/samplers.json
const golden = JSON.parse(
  readFileSync(new URL('../golden/diffusion/samplers.json', import.meta.url), 'utf8'),
) as { runs: Run[]; visited: Settings[] };

const schedule = createNoiseSchedule();

function choiceOf(run: Omit<Run, 'latents' | 'timesteps' | 'prediction'>): SamplerChoice {
  const common = { spacing: run.spacing, stepsOffset: run.offset };
  if (run.kind === 'ddim') return { name: 'ddim', ...common, eta: run.eta ?? 0, noise: new TorchNoise(11) };
  if (run.kind === 'pndm') return { name: 'pndm', ...common };
  return {
    name: 'dpm-solver++',
    ...common,
    karrasSigmas: run.karras ?? false,
    finalSigma: run.final === 'sigma_min' ? 'sigma-min' : 'zero',
  };
}

/** The formula that stands for the network in the reference run. */
const model = (latents: Float32Array, timestep: number) =>
  latents.map((value) => 0.5 * Math.sin(3 * value + timestep / 100) + 0.6 * value);

describe('samplers', () => {
  const named = golden.runs.map((run) => ({ ...run, karras: run.karras ?? false, eta: run.eta ?? 0 }));
  it.each(named)(
    '$kind, $prediction, $steps steps, $spacing, eta $eta, karras $karras: every step as diffusers',
    (run) => {
      const sampler = createSampler(choiceOf(run), {
        schedule,
        steps: run.steps,
        prediction: run.prediction,
      });
      expect(sampler.timesteps).toEqual(run.timesteps);
      let latents = gaussianNoise(12, 5);
      for (const [index, timestep] of run.timesteps.entries()) {
        latents = sampler.step(model(latents, timestep), index, latents);
        const expected = run.latents[index]!;
        const scale = Math.max(...expected.map(Math.abs));
        const error = Math.max(...expected.map((value, at) => Math.abs(value - latents[at]!))) / scale;
        // The reference computes in float32, this in double rounded once a step: float32 noise, amplified by the model's
        // slope of up to 2.1 a step. The issue asks for 1e-4.
        expect(error).toBeLessThan(1e-4);
      }
    },
  );

  it.each(golden.visited)('$kind visits the same $steps steps with $spacing spacing', (run) => {
    const sampler = createSampler(choiceOf(run), { schedule, steps: run.steps, prediction: 'epsilon' });
    expect(sampler.timesteps).toEqual(run.timesteps);
  });

  const choices: SamplerChoice[] = [
    { name: 'ddim' },
    { name: 'pndm' },
    { name: 'dpm-solver++' },
    { name: 'dpm-solver++', karrasSigmas: true },
  ];

  it.each(choices)(
    '$name recovers the clean sample from an all-knowing network, either prediction',
    (choice) => {
      fc.assert(
        fc.property(
          fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 8 }),
          fc.integer({ min: 2, max: 40 }),
          fc.constantFrom<PredictionType>('epsilon', 'v_prediction'),
          fc.integer({ min: 0, max: 0xffffffff }),
          (values, steps, prediction, seed) => {
            // PNDM averages velocities of different noise levels, which two steps cannot make up for: tested below
            fc.pre(!(choice.name === 'pndm' && prediction === 'v_prediction' && steps === 2));
            const clean = Float32Array.from(values);
            const sampler = createSampler(choice, { schedule, steps, prediction });
            let latents = gaussianNoise(clean.length, seed);
            for (const [index, timestep] of sampler.timesteps.entries()) {
              const alpha = schedule.alphasCumprod[timestep]!;
              const oracle = latents.map((value, at) => {
                const noise = (value - Math.sqrt(alpha) * clean[at]!) / Math.sqrt(1 - alpha);
                return prediction === 'epsilon'
                  ? noise
                  : Math.sqrt(alpha) * noise - Math.sqrt(1 - alpha) * clean[at]!;
              });
              latents = sampler.step(oracle, index, latents);
            }
            // the error is linear in clean sample and noise. DDIM and PNDM end at the noise level of training step 0;
            // with values up to 3 and noise up to 6 the worst is 0.261, at 2 steps. DPM-Solver ends without noise.
            const tolerance = choice.name === 'dpm-solver++' ? 1e-3 : 0.27;
            return latents.every((value, at) => Math.abs(value - clean[at]!) < tolerance);
          },
        ),
      );
    },
  );

  it('takes two velocity steps with PNDM to where diffusers goes, which is not the clean sample', () => {
    // PNDMScheduler(prediction_type='v_prediction', skip_prk_steps=True, steps_offset=1, scaled_linear 0.00085..0.012),
    // 2 steps, in float64, with the same all-knowing network: [1.1032830318448072, 0.04922750449069923]
    const clean = [1.4, 0];
    const sampler = createSampler({ name: 'pndm' }, { schedule, steps: 2, prediction: 'v_prediction' });
    let latents: Float32Array = Float32Array.of(1, -0.5);
    for (const [index, timestep] of sampler.timesteps.entries()) {
      const alpha = schedule.alphasCumprod[timestep]!;
      const oracle = latents.map((value, at) => {
        const noise = (value - Math.sqrt(alpha) * clean[at]!) / Math.sqrt(1 - alpha);
        return Math.sqrt(alpha) * noise - Math.sqrt(1 - alpha) * clean[at]!;
      });
      latents = sampler.step(oracle, index, latents);
    }
    // float32 latents and products of the schedule
    expect(latents[0]).toBeCloseTo(1.1032830318448072, 4);
    expect(latents[1]).toBeCloseTo(0.04922750449069923, 4);
  });

  it('refuses steps out of turn, lengths that differ, and unknown names', () => {
    const context = { schedule, steps: 5, prediction: 'epsilon' } as const;
    const sampler = createSampler({ name: 'ddim' }, context);
    const latents = gaussianNoise(4, 0);
    sampler.step(latents, 2, latents); // a run may begin anywhere
    expect(() => sampler.step(latents, 2, latents)).toThrow(/out of turn/);
    expect(() => sampler.step(latents.slice(1), 3, latents)).toThrow(/3 values/);
    expect(() => createSampler({ name: 'euler' as 'ddim' }, context)).toThrow(/unknown sampler "euler"/);
    expect(() => createSampler({ name: 'ddim', eta: 0.5 }, context)).toThrow(/noise/);
    expect(() => createSampler({ name: 'pndm' }, { ...context, steps: 1 })).toThrow(/at least 2/);
  });
});

describe('timesteps', () => {
  const spacings = fc.constantFrom<TimestepSpacing>('linspace', 'leading', 'trailing');
  it('descend within the schedule, one for each step asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 998 }),
        spacings,
        fc.constantFrom(0, 1),
        (steps, spacing, offset) => {
          for (const layOut of [spacedTimesteps, solverTimesteps]) {
            const visited = layOut({ trainSteps: 1000, steps, spacing, offset });
            expect(visited).toHaveLength(steps);
            expect(Math.max(...visited)).toBeLessThan(1000);
            expect(Math.min(...visited)).toBeGreaterThanOrEqual(0);
            expect(visited.every((step, at) => at === 0 || step < visited[at - 1]!)).toBe(true);
          }
        },
      ),
    );
  });

  it.each([0, 1.5, 1001, Number.NaN])('refuses %s steps', (steps) => {
    expect(() => spacedTimesteps({ trainSteps: 1000, steps, spacing: 'leading', offset: 0 })).toThrow(
      /steps/,
    );
  });
});
