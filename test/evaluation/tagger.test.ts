import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import {
  type TaggerConfig,
  tagger,
  taggerConfig,
  taggerCropColumns,
  taggerEmbedding,
  taggerLoss,
} from '../../src/evaluation/tagger.js';
import { gradients, input, program, type Tensor, tensor } from '../../src/graph/index.js';
import { elementCount } from '../../src/graph/tensor.js';
import { initialiseParameters } from '../../src/weights/initialise.js';
import { collectParameters, constantParameters, trainableParameters } from '../../src/weights/parameters.js';
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

// Made by: python reference/evaluation/tagger.py test/golden/evaluation/tagger.safetensors
const goldenPath = fileURLToPath(new URL('../golden/evaluation/tagger.safetensors', import.meta.url));
const tiny: TaggerConfig = {
  classIds: ['a', 'b', 'c', 'd', 'e'],
  bands: 32,
  pooling: 4,
  channels: [8, 16],
  embeddingWidth: 6,
  normGroups: 4,
};

async function goldenTensors(): Promise<Map<string, Tensor>> {
  const file = await openSafetensors(goldenPath);
  const names = [...file.tensors.keys()];
  return new Map(await Promise.all(names.map(async (name) => [name, await file.read(name)] as const)));
}

function relativeError(actual: Tensor, expected: Tensor): number {
  const values = expected.data as Float32Array;
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    values.reduce((most, value, at) => Math.max(most, Math.abs(value - Number(actual.data[at]))), 0) / scale
  );
}

describe('tagger', () => {
  it('computes what the same network in torch computes', async () => {
    const golden = await goldenTensors();
    const weights = new Map([...golden].filter(([name]) => !/^(input|output)\./.test(name)));
    const parameters = constantParameters(weights);
    const mel = input('mel', golden.get('input.mel')!.shape);
    const targets = input('targets', [2, 5]);
    const logits = tagger(parameters, mel, tiny);
    const compiled = await engine.compile(
      program('tagger', {
        inputs: [mel, targets],
        outputs: {
          logits,
          embedding: taggerEmbedding(parameters, mel, tiny),
          loss: taggerLoss(logits, targets),
        },
      }),
    );
    const found = await compiled.run({
      mel: golden.get('input.mel')!,
      targets: golden.get('input.targets')!,
    });
    for (const name of ['logits', 'embedding', 'loss']) {
      // The project's bound for golden values; measured below 1e-6.
      expect(relativeError(found[name]!, golden.get(`output.${name}`)!), name).toBeLessThan(1e-4);
    }
    parameters.assertAllUsed();
  });

  it('has 0.6 million weights, and takes whole windows and crops', () => {
    for (const columns of [taggerCropColumns, 1024]) {
      const shapes = collectParameters((parameters) => {
        const logits = tagger(parameters, input('mel', [3, 1, 256, columns]));
        expect(logits.shape).toEqual([3, taggerConfig.classIds.length]);
      });
      const count = shapes.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      expect(count).toBeGreaterThan(500_000);
      expect(count).toBeLessThan(700_000);
    }
  });

  it('learns a handful of pictures by plain gradient descent', async () => {
    const shapes = collectParameters((parameters) => tagger(parameters, input('mel', [1, 1, 32, 64]), tiny));
    const parameters = trainableParameters(shapes);
    const mel = input('mel', [5, 1, 32, 64]);
    const targets = input('targets', [5, 5]);
    const loss = taggerLoss(tagger(parameters, mel, tiny), targets);
    const used = parameters.used();
    const slopes = gradients(
      loss,
      used.map(({ value }) => value),
    );
    const session = await engine.compile(
      program('tagger-training', {
        inputs: [mel, targets, ...used.map(({ value }) => value)],
        outputs: { loss, ...Object.fromEntries(slopes.map((slope, at) => [`slope.${at}`, slope])) },
      }),
    );
    const values = new Map(initialiseParameters(shapes, 1));
    // Class k sounds in band k: nothing but pitch tells the classes apart.
    const pictures = Float32Array.from({ length: 5 * 32 * 64 }, (_, at) => {
      const band = Math.floor(at / 64) % 32;
      return Math.floor(band / 6) === Math.floor(at / (32 * 64)) ? 1 : 0;
    });
    const diagonal = Float32Array.from({ length: 25 }, (_, at) => (at % 6 === 0 ? 1 : 0));
    const losses: number[] = [];
    for (let step = 0; step < 80; step++) {
      const feeds: Record<string, Tensor> = {
        mel: tensor([5, 1, 32, 64], pictures),
        targets: tensor([5, 5], diagonal),
      };
      for (const { key, shape } of used) feeds[key] = tensor(shape, values.get(key)!);
      const result = await session.run(feeds);
      losses.push(Number(result.loss!.data[0]));
      used.forEach(({ key }, at) => {
        const slope = result[`slope.${at}`]!.data as Float32Array;
        values.set(
          key,
          values.get(key)!.map((value, index) => value - 0.2 * slope[index]!),
        );
      });
    }
    expect(losses[0]).toBeGreaterThan(1.2); // about ln 5 before training
    expect(losses.at(-1)).toBeLessThan(0.1);
  });

  it('refuses pictures of other sizes', () => {
    expect(() => tagger(trainableParameters(), input('mel', [1, 1, 128, 304]))).toThrow(/256/);
    expect(() => tagger(trainableParameters(), input('mel', [1, 1, 256, 32]))).toThrow(/64 or more/);
  });
});
