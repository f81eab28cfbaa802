// Golden losses: python reference/training/adamw.py (torch 2.15 AdamW and clip_grad_norm_)
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import {
  add,
  attention,
  conv2d,
  floats,
  groupNorm,
  input,
  linear,
  mean,
  reshape,
  silu,
  square,
  sub,
  transpose,
} from '../../src/graph/index.js';
import { LossSessions } from '../../src/training/loss-sessions.js';
import { optimiserSchema } from '../../src/training/optimiser.js';
import type { StageRun } from '../../src/training/stage.js';
import type { Parameters } from '../../src/weights/parameters.js';
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';
import { tinyAdapterStage } from './tiny-adapter.js';

const golden = JSON.parse(
  readFileSync(new URL('../golden/training/adamw.json', import.meta.url), 'utf8'),
) as Record<'small-net' | 'frame-adapter', { losses: number[]; norms: number[] }>;
const optimiser = optimiserSchema.parse({
  betas: [0.9, 0.99],
  weightDecay: 0.05,
  clipNorm: 0.5,
  averageDecay: 0.9,
});
const learningRate = 1e-2;
const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

async function losses(run: StageRun) {
  const sessions = await LossSessions.create(
    engine,
    run,
    { seed: 1, accumulate: 1, optimiser },
    await run.initialValues(),
  );
  const found: { losses: number[]; norms: number[] } = { losses: [], norms: [] };
  for (let step = 0; step < 10; step++) {
    found.losses.push((await sessions.accumulateGradients(step, 1)).loss);
    found.norms.push((await sessions.optimiser.step(learningRate)).gradientNorm);
  }
  return { found, sessions };
}

/** The issue asks for 1e-4; both sides are float32 and sum in different orders. */
function expectSame(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!) / Math.abs(wanted[i]!)).toBeLessThan(1e-4);
  });
}

describe('AdamW as a graph', () => {
  it('takes a convolution and attention net through the same ten steps as torch', async () => {
    const file = await openSafetensors(
      new URL('../golden/training/adamw.safetensors', import.meta.url).pathname,
    );
    const read = async (key: string) => floats(await file.readFloat32(key));
    const names = ['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'to_q.weight', 'to_k.weight'];
    const keys = [...names, 'to_v.weight', 'out.weight', 'out.bias'];
    const batch = { image: await file.readFloat32('in:image'), wanted: await file.readFloat32('in:wanted') };
    const run: StageRun = {
      recomputes: false,
      initialiserRules: [],
      initialValues: async () =>
        new Map(await Promise.all(keys.map(async (key) => [key, await read(key)] as const))),
      buildLoss(p: Parameters) {
        const image = input('image', [2, 3, 6, 5]);
        const wanted = input('wanted', [2, 30, 4]);
        const folded = conv2d(image, p.get('conv.weight', [8, 3, 3, 3]), p.get('conv.bias', [8]), {
          padding: 1,
        });
        const normal = groupNorm(folded, p.get('norm.weight', [8]), p.get('norm.bias', [8]), {
          groups: 4,
          eps: 1e-5,
        });
        const tokens = transpose(reshape(silu(normal), [2, 8, 30]), [0, 2, 1]); // [2, 30, 8]
        const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((name) =>
          linear(tokens, p.get(`${name}.weight`, [8, 8]), null),
        ) as [typeof tokens, typeof tokens, typeof tokens];
        const made = linear(
          add(tokens, attention(q, k, v, { heads: 2 })),
          p.get('out.weight', [4, 8]),
          p.get('out.bias', [4]),
        );
        return { inputs: [image, wanted], loss: mean(square(sub(made, wanted)), [0, 1, 2]), metrics: {} };
      },
      batch: async () => batch,
      validationBatches: [batch],
      samples: async () => [],
      exportWeights: async () => '',
      close: async () => {},
    };
    const { found, sessions } = await losses(run);
    expectSame(found.losses, golden['small-net'].losses);
    expectSame(found.norms, golden['small-net'].norms);
    for (const entry of sessions.optimiser.layout.entries) {
      const wanted = await read(`out:${entry.key}`);
      const made = sessions.optimiser.state.parameter.subarray(entry.offset, entry.offset + entry.length);
      wanted.forEach((value, i) => {
        expect(Math.abs(made[i]! - value)).toBeLessThan(1e-4);
      });
    }
    await sessions.close();
  });

  it('trains a frame adapter inside a frozen UNet through the same ten steps as torch and diffusers', async () => {
    const { run } = await tinyAdapterStage();
    const { found, sessions } = await losses(run);
    expectSame(found.losses, golden['frame-adapter'].losses);
    expectSame(found.norms, golden['frame-adapter'].norms);
    await sessions.close();
  });

  it('leaves parameters alone where a gradient is not finite', async () => {
    const { run } = await tinyAdapterStage();
    const sessions = await LossSessions.create(
      engine,
      run,
      { seed: 1, accumulate: 1, optimiser },
      await run.initialValues(),
    );
    await sessions.accumulateGradients(0, 1);
    sessions.optimiser.gradient[3] = Number.NaN;
    const before = sessions.optimiser.state.parameter.slice();
    expect((await sessions.optimiser.step(learningRate)).applied).toBe(false);
    expect(sessions.optimiser.state.parameter).toEqual(before);
    expect(sessions.optimiser.steps).toBe(0);
    await sessions.close();
  });

  it('sums gradients over accumulated batches: two equal batches are one', async () => {
    const { run } = await tinyAdapterStage();
    const make = async (accumulate: number) =>
      LossSessions.create(engine, run, { seed: 1, accumulate, optimiser }, await run.initialValues());
    const one = await make(1);
    const two = await make(2);
    for (let step = 0; step < 3; step++) {
      await one.accumulateGradients(step, 1);
      await one.optimiser.step(learningRate, 1);
      await two.accumulateGradients(2 * step, 2);
      await two.optimiser.step(learningRate, 2);
    }
    // x + x and its half are exact in floating point; only the clipping factor divides by another number
    two.optimiser.state.parameter.forEach((value, i) => {
      expect(Math.abs(value - one.optimiser.state.parameter[i]!)).toBeLessThan(1e-6);
    });
    await one.close();
    await two.close();
  });
});
