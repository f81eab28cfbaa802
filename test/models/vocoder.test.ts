// Golden values and gradients: python reference/models/vocoders.py (torch 2.15)
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { constant, floats, gradients, input, program, tensor } from '../../src/graph/index.js';
import { hannWindow, inverseStft, stftMagnitude } from '../../src/models/stft.js';
import { type VocoderConfig, vocoderOf } from '../../src/models/vocoder.js';
import {
  expectAllWithin,
  gradientErrors,
  lowerings,
  openGolden,
  projected,
  relativeError,
  tolerance,
} from './golden.js';

const cases: { file: string; config: VocoderConfig; hopSamples: number }[] = [
  {
    file: 'hifi-gan',
    config: {
      kind: 'hifi-gan',
      bands: 6,
      initialChannels: 16,
      upsampleRates: [5, 2],
      upsampleKernels: [11, 5], // 5 - 2 is odd
      residualKernels: [3, 5],
      residualDilations: [
        [1, 3],
        [1, 2],
      ],
    },
    hopSamples: 10,
  },
  {
    file: 'inverse-stft-vocoder',
    config: {
      kind: 'inverse-stft',
      bands: 6,
      channels: 8,
      hiddenChannels: 12,
      blocks: 2,
      fftSize: 32,
      hopSamples: 6,
    },
    hopSamples: 6,
  },
];

describe.each(cases)('$file', ({ file, config, hopSamples }) => {
  const vocoder = vocoderOf(config);

  it.each(lowerings)('equals the reference in the %s lowering', async (lowering) => {
    const golden = await openGolden(file);
    const mel = golden.input('mel');
    const { wave } = await golden.run({ wave: vocoder.wave(golden.frozen, mel) }, [mel], lowering);
    expect(relativeError(wave, golden.tensor('out:wave'))).toBeLessThan(tolerance);
    golden.frozen.assertAllUsed((key) => /^(?:in|out|grad):/.test(key));
  });

  it('makes the same number of samples of each column', async () => {
    const golden = await openGolden(file);
    const mel = golden.input('mel');
    expect(vocoder.hopSamples).toBe(hopSamples);
    expect(vocoder.wave(golden.frozen, mel).shape).toEqual([2, mel.shape[2]! * hopSamples]);
  });
});

describe('gradients', () => {
  it('of HiFi-GAN by the mel are those of torch', async () => {
    const golden = await openGolden('hifi-gan');
    const mel = golden.input('mel');
    const { loss, inputs } = projected(golden, {
      cotangent: vocoderOf(cases[0]!.config).wave(golden.frozen, mel),
    });
    const [byMel] = gradients(loss, [mel]);
    const found = await golden.run({ byMel: byMel! }, [mel, ...inputs], 'plain');
    expect(relativeError(found.byMel, golden.tensor('grad:in:mel'))).toBeLessThan(tolerance);
  });

  it('of the inverse-STFT vocoder are those of torch', async () => {
    const golden = await openGolden('inverse-stft-vocoder');
    const p = golden.trainable();
    const mel = golden.input('mel');
    const { loss, inputs } = projected(golden, { cotangent: vocoderOf(cases[1]!.config).wave(p, mel) });
    expectAllWithin(await gradientErrors(golden, p, loss, [mel, ...inputs]));
  });
});

describe('stft', () => {
  it('has the magnitudes of torch.stft with a shorter window', async () => {
    const golden = await openGolden('stft');
    const signal = golden.input('signal');
    const { magnitude } = await golden.run(
      { magnitude: stftMagnitude(signal, 64, 20, hannWindow(48)) },
      [signal],
      'plain',
    );
    expect(relativeError(magnitude, golden.tensor('out:magnitude'))).toBeLessThan(tolerance);
  });

  it('centres frame c on sample c * hop + hop / 2', async () => {
    // a spectrum of constant phase is an impulse at the frame's first sample; moving it by half a frame is (-1)^bin
    const [frames, fftSize, hop, at] = [8, 64, 10, 3];
    const bins = fftSize / 2 + 1;
    const real = new Float32Array(frames * bins);
    for (let bin = 0; bin < bins; bin++) real[at * bins + bin] = (-1) ** bin;
    const zero = constant(tensor([1, frames, bins], new Float32Array(frames * bins)));
    const spectrum = input('real', [1, frames, bins]);
    const wave = inverseStft(spectrum, zero, fftSize, hop, hannWindow(fftSize));
    const engine = createOrtEngine({ threads: 1 });
    const session = await engine.compile(program('impulse', { inputs: [spectrum], outputs: { wave } }));
    const samples = floats((await session.run({ real: tensor([1, frames, bins], real) })).wave!);
    await engine.close();
    expect(samples).toHaveLength(frames * hop);
    const loudest = samples.reduce(
      (best, value, i) => (Math.abs(value) > Math.abs(samples[best]!) ? i : best),
      0,
    );
    expect(loudest).toBe(at * hop + hop / 2);
  });
});
