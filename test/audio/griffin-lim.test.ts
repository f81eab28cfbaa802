import { describe, expect, test } from 'vitest';
import { griffinLim, phasesByGriffinLim } from '../../src/audio/griffin-lim.js';
import { melFilters } from '../../src/audio/mel-filterbank.js';
import { invertMel } from '../../src/audio/mel-inversion.js';
import { auffusionMelSpec, melSpectrogram } from '../../src/audio/mel-spectrogram.js';
import { type StftSpec, stft } from '../../src/audio/stft.js';
import { samplePeak } from '../../src/audio/wave.js';
import { golden } from './golden.js';

const samples = (await (await golden('mel'))('samples')).data;
const mel = melSpectrogram(samples);

function magnitudesOf(signal: Float32Array | Float64Array, spec: StftSpec): Float64Array {
  const { real, imaginary } = stft(signal, spec);
  return real.map((re, i) => Math.hypot(re, imaginary[i]!));
}

/** | |S| - |T| | / |S| */
function convergence(wanted: Float64Array, got: Float64Array): number {
  let difference = 0;
  let whole = 0;
  for (const [i, magnitude] of wanted.entries()) {
    difference += (magnitude - got[i]!) ** 2;
    whole += magnitude ** 2;
  }
  return Math.sqrt(difference / whole);
}

describe('Griffin-Lim', () => {
  test('the inverted mel gives the mel back', () => {
    const magnitudes = invertMel(mel, auffusionMelSpec);
    expect(Math.min(...magnitudes)).toBeGreaterThanOrEqual(0);
    let difference = 0;
    let whole = 0;
    for (const [band, { firstBin, weights }] of melFilters(auffusionMelSpec).entries()) {
      for (let column = 0; column < mel.columns; column++) {
        const wanted = Math.exp(mel.data[band * mel.columns + column]!);
        const got = weights.reduce(
          (sum, weight, i) => sum + weight * magnitudes[column * 1025 + firstBin + i]!,
          0,
        );
        difference += (got - wanted) ** 2;
        whole += wanted ** 2;
      }
    }
    // librosa's NNLS reaches 7e-5 on this signal (reference/audio/griffin_lim.py).
    expect(Math.sqrt(difference / whole)).toBeLessThan(7e-5);
  });

  test('converges like librosa from true magnitudes, and the momentum helps', () => {
    const spec: StftSpec = {
      fftSize: 2048,
      hopSamples: 160,
      windowSamples: 1024,
      padSamples: 1024,
      padMode: 'reflect',
    };
    const wanted = magnitudesOf(samples, spec);
    const reached = (momentum: number) =>
      convergence(wanted, magnitudesOf(phasesByGriffinLim(wanted, spec, samples.length, { momentum }), spec));
    // librosa ends between 0.063 and 0.102 over ten seeds (reference/audio/griffin_lim.py).
    const fast = reached(0.99);
    expect(fast).toBeLessThan(0.102);
    expect(fast).toBeLessThan(reached(0) * 0.8);
  });

  test('the wave has the length and the sound of the mel', () => {
    const wave = griffinLim(mel);
    expect(wave.sampleRateHz).toBe(16_000);
    expect(wave.channels[0]!.length).toBe(mel.columns * 160);
    const again = melSpectrogram(wave.channels[0]!);
    // Above -46 dB of magnitude 1 the mels differ by 0.16 nepers (1.4 dB) on average; a wave of noise differs by 2 and more.
    const floored = (value: number) => Math.max(value, -5.3);
    const mean =
      mel.data.reduce((sum, value, i) => sum + Math.abs(floored(value) - floored(again.data[i]!)), 0) /
      mel.data.length;
    expect(mean).toBeLessThan(0.2);
  });

  test('the same seed gives the same wave, another seed another', () => {
    const run = (seed: number) => griffinLim(mel, auffusionMelSpec, { iterations: 2, seed }).channels[0]!;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test('silence stays silence', () => {
    const silent = melSpectrogram(new Float32Array(3200));
    expect(samplePeak(griffinLim(silent, auffusionMelSpec, { iterations: 3 }))).toBeLessThan(1e-4);
  });
});
