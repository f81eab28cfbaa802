import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConditionSet, gaussianNoise } from '../../src/diffusion/index.js';
import type { Engine, Session } from '../../src/engine/engine.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { createNetwork } from '../../src/foley/guided-network.js';
import { checkModel, wholeModel } from '../../src/foley/model/check-model.node.js';
import { openSynthesizerParts } from '../../src/foley/model/open-parts.node.js';
import type { WindowConditions } from '../../src/foley/stations.js';
import type { StepEconomy } from '../../src/foley/step-economy.js';
import type { SynthesizerParameters } from '../../src/foley/synthesizer-parameters.js';
import { relativeError } from '../graph/evaluate.js';
import { tinyConfig, writeRandomModel } from './random-model.js';

const latentShape = [8, 16, 64];
const size = 8 * 16 * 64;
const frameCount = 3;
let folder: string;
let parameters: SynthesizerParameters;
let engine: Engine;
const sessions = new Map<string, Promise<Session>>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'network-'));
  await writeRandomModel(join(folder, 'tiny'));
  parameters = await openSynthesizerParts(await checkModel(wholeModel(join(folder, 'tiny'))));
  engine = createOrtEngine({ threads: 1 });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const conditions: WindowConditions = {
  prompt: gaussianNoise(32 * 384, 1),
  negative: gaussianNoise(32 * 384, 2),
  frames: {
    scale: 1,
    embeddings: gaussianNoise(frameCount * 384, 3),
    timesSeconds: Float32Array.from({ length: frameCount }, (_, i) => i / 30),
  },
  timing: { scale: 1, hint: new Float32Array(256 * 1024).fill(1) },
};

/** Evaluates sets at steps, and tells which programs were run. */
async function evaluate(
  steps: readonly (readonly ConditionSet[])[],
  economy?: StepEconomy,
  given: WindowConditions = conditions,
): Promise<{ programs: string[]; predictions: Float32Array[] }> {
  const programs: string[] = [];
  const network = createNetwork(tinyConfig, parameters, latentShape, async (name, build, options) => {
    const opened = sessions.get(name) ?? engine.compile(build(), options);
    sessions.set(name, opened);
    const session = await opened;
    return {
      ...session,
      run: (feeds) => {
        programs.push(name.startsWith('step/') ? nameOf(name) : name);
        return session.run(feeds);
      },
    };
  });
  const denoiser = await network.prepare(given, economy);
  programs.length = 0;
  const predictions: Float32Array[] = [];
  for (const [index, sets] of steps.entries()) {
    for (const set of sets) {
      const latents = gaussianNoise(size, 10 + index);
      predictions.push(
        await denoiser.predict(latents, 900 - 100 * index, set, { index, count: steps.length }),
      );
    }
  }
  return { programs, predictions };
}

/** `whole`, `keeping` or `reusing`, and whether the temporal adapter takes part. */
function nameOf(session: string): string {
  const [{ timingScale }, { kind }] = JSON.parse(session.slice('step/'.length)) as [
    { timingScale: number | null },
    { kind: string },
  ];
  return timingScale === null ? `${kind} without timing` : kind;
}

const whole: StepEconomy = {
  reuse: { interval: 1, depth: 0 },
  timing: { from: 0, until: 1 },
  arithmetic: 'float32',
};
const one: readonly ConditionSet[] = ['text+vision'];
const two: readonly ConditionSet[] = ['none', 'text+vision'];

describe('guided network', () => {
  it('runs every step whole unless told otherwise', async () => {
    const plain = await evaluate([one, one]);
    const told = await evaluate([one, one], whole);
    expect(plain.programs).toEqual(['whole', 'whole']);
    expect(told.programs).toEqual(plain.programs);
    expect(told.predictions).toEqual(plain.predictions);
  });

  it('makes deep features anew in every n-th step, for each condition set', async () => {
    const reuse = { interval: 3, depth: 1 };
    const { programs, predictions } = await evaluate([two, two, two, two], { ...whole, reuse });
    expect(programs).toEqual([
      'keeping',
      'keeping',
      'reusing',
      'reusing',
      'reusing',
      'reusing',
      'keeping',
      'keeping',
    ]);
    const again = await evaluate([two, two, two, two], { ...whole, reuse });
    expect(again.predictions).toEqual(predictions);
    const exact = await evaluate([two, two, two, two]);
    // steps that compute everything are exact, whatever was kept before
    expect([0, 1, 6, 7].map((i) => predictions[i])).toEqual([0, 1, 6, 7].map((i) => exact.predictions[i]));
    expect(
      [2, 3, 4, 5].some((i) => predictions[i]!.every((value, at) => value === exact.predictions[i]![at])),
    ).toBe(false);
  });

  it('computes everything for a set that was left out when features were last made', async () => {
    const reuse = { interval: 4, depth: 0 };
    const { programs } = await evaluate([one, two, two, one, two], { ...whole, reuse });
    expect(programs).toEqual(
      // step 0 | 1: none is new | 2 | 3 | 4: anew
      ['keeping', 'keeping', 'reusing', 'reusing', 'reusing', 'reusing', 'keeping', 'keeping'],
    );
  });

  it('multiplies in 8 bits where it is told to, and comes close', async () => {
    const [coarse, exact] = [await evaluate([one], { ...whole, arithmetic: 'int8' }), await evaluate([one])];
    const error = relativeError(coarse.predictions[0]!, exact.predictions[0]!);
    // only the longest products of the tiny network, each right to about 1 %
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.1);
  });

  it('leaves the temporal adapter out where it is told to', async () => {
    const timing = { from: 0.25, until: 0.75 };
    const { programs, predictions } = await evaluate([one, one, one, one], { ...whole, timing });
    expect(programs).toEqual(['whole without timing', 'whole', 'whole', 'whole without timing']);
    const steered = await evaluate([one, one, one, one]);
    const free = await evaluate([one, one, one, one], whole, { ...conditions, timing: null });
    const expected = [free, steered, steered, free].map((run, i) => run.predictions[i]);
    expect(predictions).toEqual(expected);
  });
});
