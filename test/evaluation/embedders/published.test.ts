// Golden values: python reference/evaluation/embedders.py test/golden/evaluation/embedders.safetensors
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../../src/engine/ort-engine.node.js';
import { clapMel } from '../../../src/evaluation/embedders/clap.js';
import { type ClapAudioConfig, clapAudio } from '../../../src/evaluation/embedders/clap-tower.js';
import { cnn14, cnn14Mel } from '../../../src/evaluation/embedders/cnn14.js';
import { melception } from '../../../src/evaluation/embedders/inception.js';
import { melceptionPicture } from '../../../src/evaluation/embedders/melception.js';
import {
  melceptionDeviations,
  melceptionMeans,
} from '../../../src/evaluation/embedders/melception-statistics.js';
import { vggish, vggishExamples } from '../../../src/evaluation/embedders/vggish.js';
import { wav2clip, wav2clipSpectrogram } from '../../../src/evaluation/embedders/wav2clip.js';
import {
  type FloatTensor,
  input,
  type Lowering,
  mul,
  program,
  tensor,
  type Value,
} from '../../../src/graph/index.js';
import { type Parameters, parametersOf } from '../../../src/weights/parameters.js';
import { openSafetensors } from '../../../src/weights/safetensors-file.node.js';
import { relativeError, tolerance } from '../../models/golden.js';
import { hashedParameters, hashedPicture } from '../../models/hashed-weights.js';

const goldenPath = fileURLToPath(new URL('../../golden/evaluation/embedders.safetensors', import.meta.url));
const engine = createOrtEngine({ threads: 1 });
const golden = new Map<string, FloatTensor>();
beforeAll(async () => {
  const file = await openSafetensors(goldenPath);
  for (const name of file.tensors.keys()) golden.set(name, await file.readFloat32(name));
});
afterAll(() => engine.close());

/** Hashed weights, twice as large where there is a fan-in, so that signals survive rectifiers. */
function strongParameters(): Parameters {
  const hashed = hashedParameters();
  return parametersOf({
    has: () => true,
    resolve: (key, shape) => (shape.length > 1 ? mul(hashed.get(key, shape), 2) : hashed.get(key, shape)),
    unused: () => [],
  });
}

/** A loud one and a quieter one, so that what comes out depends on what goes in. */
function inputs(key: string, shape: readonly number[]): FloatTensor {
  const { data } = hashedPicture(key, shape);
  const each = data.length / shape[0]!;
  return tensor(
    shape,
    data.map((value, at) => value * [8, 2][Math.floor(at / each)]!),
  );
}

/** Runs a network with hashed weights on a hashed picture and compares each output that the golden file has. */
async function expectSame(
  name: string,
  shape: readonly number[],
  build: (parameters: Parameters, x: Value) => Record<string, Value>,
  lowering: Lowering = 'fused',
): Promise<void> {
  const [network, what] = name.split(' ') as [string, string];
  const x = input(what, shape);
  const outputs = build(strongParameters(), x);
  const session = await engine.compile(program(network, { inputs: [x], outputs }), { lowering });
  const found = await session.run({ [what]: inputs(name, shape) });
  for (const output of Object.keys(outputs)) {
    const wanted = golden.get(`${network}.${output}`)!;
    expect(relativeError(found[output], wanted), output).toBeLessThan(tolerance);
    if (shape[0] === 2) expect(shareOfInput(wanted), output).toBeGreaterThan(100 * tolerance);
  }
  await session.close();
}

/** How far the outputs for the two inputs are apart, in units of the largest. */
function shareOfInput({ data }: FloatTensor): number {
  const half = data.length / 2;
  const apart = data.subarray(0, half).map((value, at) => Math.abs(value - data[half + at]!));
  return Math.max(...apart) / Math.max(...data.map(Math.abs));
}

/** The sounds of the reference. */
function noise(key: string, samples: number): Float32Array {
  return hashedPicture(key, [samples]).data.map((value) => value * 0.5);
}

function largestDifference(actual: ArrayLike<number>, wanted: FloatTensor): number {
  expect(actual.length).toBe(wanted.data.length);
  return wanted.data.reduce((most, value, at) => Math.max(most, Math.abs(value - actual[at]!)), 0);
}

describe('published networks at reduced width say what torch says', () => {
  it('VGGish', () => {
    const config = {
      layers: [4, 'pool', 6, 'pool', 8, 8, 'pool', 10, 10, 'pool'],
      hiddenWidth: 12,
      embeddingWidth: 7,
    } as const;
    return expectSame('vggish example', [2, 1, 96, 64], (p, x) => ({ embedding: vggish(p, x, config) }));
  });

  it('Cnn14', () => {
    const config = { channels: [4, 6, 8, 8, 10, 12], bands: 64, classes: 9 };
    return expectSame('cnn14 mel', [2, 1, 70, 64], (p, x) => ({ ...cnn14(p, x, config) }));
  });

  it.each(['fused', 'plain'] as const)('Wav2CLIP, %s', (lowering) => {
    const config = { channels: [4, 6, 8, 10], embeddingWidth: 11 };
    const build = (p: Parameters, x: Value) => ({ embedding: wav2clip(p, x, config) });
    return expectSame('wav2clip spectrogram', [2, 1, 257, 30], build, lowering);
  });

  it('CLAP, with windows that are shifted, windows that fill the picture, and a mel that is stretched', () => {
    const config: ClapAudioConfig = {
      bands: 16,
      pictureSize: 64,
      patchSize: 4,
      windowSize: 4,
      width: 8,
      depths: [2, 2, 2],
      heads: [2, 2, 4],
      projectionWidth: 10,
    };
    return expectSame('clap mel', [2, 201, 16], (p, x) => ({ embedding: clapAudio(p, x, config) }));
  });

  it('Melception, against torchvision', () =>
    expectSame('melception picture', [1, 1, 80, 64], (p, x) => {
      const { embedding, logits } = melception(p, x, { narrowing: 16, classes: 9 });
      return { embedding, logits };
    }));
});

describe('front ends give the spectrograms of the published ones', () => {
  // natural logarithms and decibels of double-precision sums, kept as float32 of up to 30: half a unit in the last place
  // is 1e-6; librosa and torch transform in float32, where a weak bin beside strong ones is off by up to 1e-3 of itself
  it('VGGish: magnitudes, HTK bands linear in mel', () => {
    const [example, ...rest] = vggishExamples(noise('vggish sound', 16_000));
    expect(rest).toEqual([]);
    expect(largestDifference(example!, golden.get('vggish.mel')!)).toBeLessThan(1e-5);
  });

  it('Cnn14: powers in dB, centred', () => {
    const { frames, data } = cnn14Mel(noise('cnn14 sound', 8000));
    expect(frames).toBe(51);
    expect(largestDifference(data, golden.get('cnn14.mel')!)).toBeLessThan(1e-3);
  });

  it('Wav2CLIP: log powers, standardised over the sound', () => {
    const { frames, data } = wav2clipSpectrogram(noise('wav2clip sound', 8000));
    expect(frames).toBe(23);
    expect(largestDifference(data, golden.get('wav2clip.spectrogram')!)).toBeLessThan(1e-3);
  });

  it('Melception: 100 dB of magnitudes as 0..1, standardised band by band', () => {
    const sound = new Float32Array(220_500);
    sound.set(noise('melception sound', 22_050));
    const picture = melceptionPicture(sound);
    const columns = 100;
    const raw = Float32Array.from({ length: 80 * columns }, (_, at) => {
      const band = Math.floor(at / columns);
      const value = picture[band * 860 + (at % columns)]!;
      return value * melceptionDeviations[band]! + melceptionMeans[band]!;
    });
    expect(largestDifference(raw, golden.get('melception.picture')!)).toBeLessThan(1e-4);
  });

  it('CLAP: a short sound is repeated, powers in dB', () => {
    const mel = clapMel(noise('clap sound', 72_000));
    const kept = Array.from({ length: 51 }, (_, i) => mel.subarray(20 * i * 64, (20 * i + 1) * 64));
    expect(
      largestDifference(
        kept.flatMap((column) => [...column]),
        golden.get('clap.mel')!,
      ),
    ).toBeLessThan(1e-3);
  });
});
