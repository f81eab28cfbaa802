import { describe, expect, test } from 'vitest';
import { frameCount, inverseStft, type StftSpec, stft } from '../../src/audio/stft.js';
import { golden, maxDifference } from './golden.js';

describe('stft', () => {
  test('agrees with torch.stft (reference/audio/mel.py)', async () => {
    const read = await golden('mel');
    const samples = (await read('samples')).data.subarray(0, 3000);
    const wanted = await read('stft_real');
    const spectra = stft(samples, {
      fftSize: 512,
      hopSamples: 128,
      windowSamples: 400,
      padSamples: 256,
      padMode: 'reflect',
    });
    expect([spectra.frames, spectra.bins]).toEqual(wanted.shape);
    // The golden values are stored as float32: magnitudes up to about 100, so half a unit in the last place is 4e-6.
    expect(maxDifference(spectra.real, wanted.data)).toBeLessThan(5e-6);
    expect(maxDifference(spectra.imaginary, (await read('stft_imaginary')).data)).toBeLessThan(5e-6);
  });

  test.each<StftSpec>([
    { fftSize: 512, hopSamples: 128, windowSamples: 512, padSamples: 256, padMode: 'reflect' },
    { fftSize: 2048, hopSamples: 160, windowSamples: 1024, padSamples: 944, padMode: 'reflect' },
    { fftSize: 1024, hopSamples: 160, windowSamples: 1024, padSamples: 512, padMode: 'zero' },
  ])('the inverse gives the signal back ($fftSize, hop $hopSamples)', async (spec) => {
    const samples = (await (await golden('mel'))('samples')).data.subarray(0, 4800);
    const back = inverseStft(stft(samples, spec), spec, samples.length);
    // Double precision throughout. Auffusion's 944 of padding leaves the first and last samples to the window's thin end.
    expect(maxDifference(back.subarray(480, 4320), samples.subarray(480, 4320))).toBeLessThan(1e-9);
  });

  test('counts frames', () => {
    const spec: StftSpec = { fftSize: 16, hopSamples: 4, windowSamples: 16, padSamples: 0, padMode: 'zero' };
    expect([15, 16, 19, 20].map((length) => frameCount(length, spec))).toEqual([0, 1, 1, 2]);
  });

  test('says when a signal is too short to be mirrored', () => {
    const spec: StftSpec = {
      fftSize: 16,
      hopSamples: 4,
      windowSamples: 16,
      padSamples: 8,
      padMode: 'reflect',
    };
    expect(() => stft(new Float32Array(8), spec)).toThrow(/too short to be mirrored by 8/);
    expect(stft(new Float32Array(9), spec).frames).toBe(3);
  });
});
