import { describe, expect, test } from 'vitest';
import { melFilters, melMatrix } from '../../src/audio/mel-filterbank.js';
import { cutColumns, fitColumns, flipBands, imageToMel, melToImage } from '../../src/audio/mel-image.js';
import {
  auffusionMelSpec,
  melColumns,
  melSpectrogram,
  silentLogMel,
} from '../../src/audio/mel-spectrogram.js';
import { golden, maxDifference } from './golden.js';

describe('mel filters', () => {
  test('agree with librosa.filters.mel (reference/audio/mel.py)', async () => {
    const wanted = await (await golden('mel'))('filters');
    const matrix = melMatrix({ sampleRateHz: 22050, fftSize: 1024, bands: 80, minHz: 125, maxHz: 7600 });
    expect(wanted.shape).toEqual([80, 513]);
    expect(maxDifference(matrix, wanted.data)).toBeLessThan(1e-8); // both float32, weights up to 0.03
  });

  test('no band of Auffusion is empty', () => {
    for (const filter of melFilters(auffusionMelSpec)) expect(filter.weights.length).toBeGreaterThan(0);
  });

  test('refuses a band beyond half the sample rate', () => {
    expect(() => melFilters({ ...auffusionMelSpec, maxHz: 9000 })).toThrow(/filterbank/);
  });
});

describe('melSpectrogram', () => {
  test("agrees with Auffusion's converter.py in float64 (reference/audio/mel.py)", async () => {
    const read = await golden('mel');
    const wanted = await read('mel');
    const mel = melSpectrogram((await read('samples')).data);
    expect([mel.bands, mel.columns]).toEqual(wanted.shape);
    // librosa rounds its filters to float32 (relative 6e-8 each) and the golden file is float32 (1e-6 at -11.5).
    // Auffusion itself runs in float32 and lies up to 1e-2 from its float64 self where it is nearly silent.
    expect(maxDifference(mel.data, wanted.data)).toBeLessThan(1e-5);
  });

  test('silence is ln 1e-5 in the bands that the epsilon leaves below the floor', () => {
    const mel = melSpectrogram(new Float32Array(1600));
    expect(mel.columns).toBe(10);
    expect(Math.max(...mel.data)).toBeCloseTo(silentLogMel, 5);
    expect(Math.max(...melToImage(mel).data)).toBeLessThan(1e-6);
  });

  test('10.24 s are 1024 columns', () => {
    expect(melColumns(163_840)).toBe(1024);
    expect(melColumns(160_000)).toBe(1000);
    expect(melColumns(160_159)).toBe(1000);
  });

  test('a click lies in the column of its time', () => {
    const samples = new Float32Array(16_000);
    samples[8_000 + 80] = 0.9; // the middle of column 50
    const { data, columns } = melSpectrogram(samples);
    const row = data.subarray(128 * columns, 129 * columns);
    expect(row.indexOf(Math.max(...row))).toBe(50);
  });

  test('too few samples are an error', () => {
    expect(() => melSpectrogram(new Float32Array(100))).toThrow(/do not fill one mel column/);
    expect(() => melSpectrogram(new Float32Array(944))).toThrow(/mirrored/);
  });
});

describe('mel images', () => {
  const mel = { bands: 2, columns: 3, data: Float32Array.of(Math.log(1e-5), 0, 1, 2, 3, Math.log(200)) };

  test('scale to 0..1 and back', () => {
    const image = melToImage(mel);
    expect(image.data[0]).toBeCloseTo(0, 6);
    expect(image.data[5]).toBeCloseTo(1, 6);
    expect(maxDifference(imageToMel(image).data, mel.data)).toBeLessThan(2e-6); // float32 at 11.5
  });

  test('flip puts the highest band first, and twice is nothing', () => {
    const flipped = flipBands({ bands: 2, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect([...flipped.data]).toEqual([4, 5, 6, 1, 2, 3]);
    expect([...flipBands(flipped).data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('columns are cut, or padded with silence', () => {
    const image = { bands: 2, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect([...fitColumns(image, 2).data]).toEqual([1, 2, 4, 5]);
    expect([...fitColumns(image, 4).data]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
    expect([...cutColumns(image, 2, 2).data]).toEqual([3, 0, 6, 0]);
    expect([...cutColumns(image, 5, 1).data]).toEqual([0, 0]);
  });
});
