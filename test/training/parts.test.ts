import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { auffusionMelSpec } from '../../src/audio/mel-spectrogram.js';
import { seededRandom } from '../../src/data/seeded-random.js';
import { createNoiseSchedule, signalToNoise } from '../../src/diffusion/noise-schedule.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { constant, floats, program, tensor } from '../../src/graph/index.js';
import { presets } from '../../src/models/presets.js';
import { lossWeight, NoiseDraw } from '../../src/training/diffusion-loss.js';
import { imageLoss } from '../../src/training/image-loss.js';
import { learningRateAt } from '../../src/training/learning-rate.js';
import { imageForEncoder, imageOfEncoder } from '../../src/training/mel-crops.js';
import { averageDecayAt } from '../../src/training/optimiser.js';
import { layOutParameters, viewOf } from '../../src/training/parameter-layout.js';
import { keepRows } from '../../src/training/row-cache.node.js';
import { spectralLoss } from '../../src/training/spectral-loss.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

describe('learningRateAt', () => {
  const rate = { peak: 2, warmUpSteps: 4, shape: 'cosine', finalShare: 0.1 } as const;
  it('rises linearly, peaks, and ends at its final share', () => {
    expect([0, 1, 2, 3].map((step) => learningRateAt(rate, step, 20))).toEqual([0.5, 1, 1.5, 2]);
    expect(learningRateAt(rate, 4, 20)).toBe(2);
    expect(learningRateAt(rate, 12, 20)).toBeCloseTo(1.1, 12); // half way: the mean of both ends
    expect(learningRateAt(rate, 20, 20)).toBeCloseTo(0.2, 12);
    expect(learningRateAt(rate, 99, 20)).toBeCloseTo(0.2, 12);
  });
  it('stays at the peak where it is constant', () => {
    expect(learningRateAt({ ...rate, shape: 'constant' }, 19, 20)).toBe(2);
  });
});

describe('averageDecayAt', () => {
  it('remembers little at first and the long-run decay in the end', () => {
    expect(averageDecayAt(0.999, 1)).toBeCloseTo(2 / 11, 12);
    expect(averageDecayAt(0.999, 100_000)).toBe(0.999);
  });
});

describe('layOutParameters', () => {
  it('gives every parameter its own stretch of one vector', () => {
    const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }), { maxLength: 12 });
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 64 }), (given, chunk) => {
        const chunkLength = 16 * chunk;
        const layout = layOutParameters(
          given.map((shape, i) => ({ key: `p${i}`, shape })),
          chunkLength,
        );
        expect(layout.length % chunkLength).toBe(0);
        const vector = new Float32Array(layout.length);
        layout.entries.forEach((entry, i) => {
          const view = viewOf(vector, entry);
          expect(view.every((value) => value === 0)).toBe(true); // nobody else's
          expect(view.length).toBe(given[i]!.reduce((product, size) => product * size, 1));
          view.fill(i + 1);
        });
      }),
    );
  });
});

describe('imageForEncoder', () => {
  it('turns a mel image upside down into -1..1, and imageOfEncoder turns it back', () => {
    const image = Float32Array.from([0, 0.25, 0.5, 0.75, 1, 0.125]); // 3 bands, 2 columns
    const turned = imageForEncoder(image, 3, 2);
    expect([...turned]).toEqual([1, -0.75, 0, 0.5, -1, -0.5]);
    expect(imageOfEncoder(turned, 3, 2)).toEqual(image);
  });
});

const diffusion = { ...presets.small.diffusion, prediction: 'epsilon' } as const;

describe('NoiseDraw', () => {
  it('adds noise by the schedule, with each step of a batch in its own stretch', () => {
    const clean = Array.from({ length: 4 }, (_, i) => new Float32Array(6).fill(i));
    const feeds = new NoiseDraw(diffusion).feeds(clean, [1, 2, 3], seededRandom(1));
    const [noisy, noise, timestep] = ['noisy', 'target', 'timestep'].map((name) => floats(feeds[name]!));
    for (let item = 0; item < 4; item++) {
      expect(Math.floor(timestep![item]! / 250)).toBe(item);
      // two positions with equal clean values differ by the noise alone, and by one factor
      const at = item * 6;
      const level = (noisy![at]! - noisy![at + 1]!) / (noise![at]! - noise![at + 1]!);
      const signal = (noisy![at]! - level * noise![at]!) / Math.max(1, item);
      if (item > 0) expect(signal ** 2 + level ** 2).toBeCloseTo(1, 3);
    }
  });
});

describe('lossWeight', () => {
  const schedule = createNoiseSchedule();
  it('is the published min-SNR weight for noise, and one for velocity wherever noise prevails', () => {
    const noisy = 900;
    const clean = 10;
    expect(signalToNoise(schedule, noisy)).toBeLessThan(1);
    expect(lossWeight(schedule, noisy, 'epsilon')).toBe(1);
    expect(lossWeight(schedule, noisy, 'v')).toBe(1);
    const ratio = signalToNoise(schedule, clean);
    expect(lossWeight(schedule, clean, 'epsilon')).toBeCloseTo(5 / ratio, 9);
    expect(lossWeight(schedule, clean, 'v')).toBeCloseTo(6 / (ratio + 1), 9);
  });

  it('targets the velocity where the model predicts it', () => {
    const clean = [Float32Array.of(0.5, -2)];
    const given = { ...diffusion, prediction: 'v' } as const;
    const feeds = new NoiseDraw(given).feeds(clean, [1, 1, 2], seededRandom(2));
    const alpha = createNoiseSchedule(given).alphasCumprod[floats(feeds.timestep!)[0]!]!;
    const [signal, level] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
    for (const i of [0, 1]) {
      // x0 = signal * x - level * v
      const found = signal * floats(feeds.noisy!)[i]! - level * floats(feeds.target!)[i]!;
      expect(found).toBeCloseTo(clean[0]![i]!, 5);
    }
  });
});

async function evaluate(values: Parameters<typeof program>[1]['outputs']) {
  const session = await engine.compile(program('test', { inputs: [], outputs: values }));
  const outputs = await session.run({});
  await session.close();
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, floats(value)[0]!]));
}

describe('imageLoss', () => {
  const random = seededRandom('texture');
  const texture = () => Float32Array.from({ length: 32 * 32 }, () => 0.3 * random.normal());
  const value = (data: Float32Array) => constant(tensor([1, 1, 32, 32], data));

  it('is zero for the same picture', async () => {
    const data = texture();
    const { values, slopes, roughness } = await evaluate({ ...imageLoss(value(data), value(data)) });
    expect([values, slopes, roughness]).toEqual([0, 0, 0]);
  });

  it('prefers another draw of the same texture to a flat picture in its roughness alone', async () => {
    const wanted = value(texture());
    const other = await evaluate({ ...imageLoss(value(texture()), wanted) });
    const flat = await evaluate({ ...imageLoss(value(new Float32Array(32 * 32)), wanted) });
    expect(other.roughness!).toBeLessThan(flat.roughness! / 3);
    expect(other.values!).toBeGreaterThan(flat.values!);
  });
});

describe('spectralLoss', () => {
  const tone = (hz: number, gain: number) =>
    constant(
      tensor(
        [1, 5120],
        Float32Array.from({ length: 5120 }, (_, n) => gain * Math.sin((2 * Math.PI * hz * n) / 16000)),
      ),
    );
  it('is zero for the same sound, sees a doubled gain as log 2, and another pitch as far away', async () => {
    const same = await evaluate({ ...spectralLoss(tone(1000, 0.5), tone(1000, 0.5), auffusionMelSpec) });
    expect([same.logarithmic, same.linear, same.mel]).toEqual([0, 0, 0]);
    const louder = await evaluate({ ...spectralLoss(tone(1000, 0.5), tone(1000, 0.25), auffusionMelSpec) });
    expect(louder.linear).toBeCloseTo(1, 3); // |2 x - x| / |x|
    const pitched = await evaluate({ ...spectralLoss(tone(2000, 0.25), tone(1000, 0.25), auffusionMelSpec) });
    expect(pitched.logarithmic!).toBeGreaterThan(louder.logarithmic!);
    expect(pitched.mel!).toBeGreaterThan(louder.mel!);
  });
});

describe('keepRows', () => {
  it('computes rows once, keeps them to half precision, and refuses a file of another size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'foley-rows-'));
    try {
      const path = join(folder, 'rows.safetensors');
      let calls = 0;
      const compute = async (first: number) => {
        calls += 1;
        return [Float32Array.from([first, first + 0.1, -first])];
      };
      const made = await keepRows(path, 5, 3, compute);
      const read = await keepRows(path, 5, 3, compute);
      expect(calls).toBe(5);
      for (let row = 0; row < 5; row++) {
        expect(read.row(row)).toEqual(made.row(row));
        expect(read.row(row)[1]!).toBeCloseTo(row + 0.1, 2); // 11 bits
      }
      const target = new Float32Array(8);
      read.copyTo(2, target, 4, 10);
      expect([...target.slice(4, 5), target[6]!]).toEqual([20, -20]);
      await expect(keepRows(path, 6, 3, compute)).rejects.toMatchObject({ code: 'weights-invalid' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
