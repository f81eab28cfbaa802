import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import {
  colourImage,
  drawLoss,
  drawMelGrid,
  drawResult,
  encodePng,
  logTicks,
  niceTicks,
  type ResultPicture,
  timeLabel,
} from '../../src/pictures/index.js';
import { renderPng } from '../../src/pictures/render-svg.node.js';
import { element, svgDocument, text } from '../../src/pictures/svg.js';
import { magma } from '../../src/pictures/theme.js';

const red = {
  timeSeconds: 0,
  width: 4,
  height: 3,
  data: Uint8Array.from({ length: 36 }, (_, i) => (i % 3 === 0 ? 255 : 0)),
};
const mel = {
  bands: 8,
  columns: 200,
  columnsPerSecond: 100,
  minHz: 0,
  maxHz: 8000,
  data: new Float32Array(1600).fill(0.6),
};
const timing = {
  label: 'dog',
  durationSeconds: 2,
  timesSeconds: [0, 0.5, 1, 1.5],
  similarity: [0, 0.9, 0.9, 0.1],
  spans: [{ startSeconds: 0.5, endSeconds: 1.5 }],
};
const result: ResultPicture = {
  title: 'a <dog> & "co"',
  subtitle: 'clip',
  durationSeconds: 2,
  frames: [red],
  labels: [{ timing, threshold: 0.5 }],
  sound: { samples: new Float32Array(32000).fill(0.5), sampleRateHz: 16000, mel },
};

/** Share of pixels within 6 steps a channel of a colour. */
function shareOf(png: Uint8Array, colour: readonly [number, number, number]): number {
  const image = decode(png);
  let near = 0;
  for (let at = 0; at < image.data.length; at += image.channels) {
    if (colour.every((value, channel) => Math.abs(value - image.data[at + channel]!) <= 6)) near++;
  }
  return near / (image.width * image.height);
}

describe('result picture', () => {
  it('shows frames, curve, bar, wave and spectrogram', () => {
    const png = renderPng(drawResult(result));
    expect(shareOf(png, [255, 0, 0])).toBeGreaterThan(0.05);
    expect(shareOf(png, [219, 230, 247])).toBeGreaterThan(0.02);
    expect(shareOf(png, [224, 122, 63])).toBeGreaterThan(0.005);
    expect(shareOf(png, [47, 95, 179])).toBeGreaterThan(0.02);
    expect(shareOf(png, magma(0.6))).toBeGreaterThan(0.15);
  });
  it('leaves the lanes of sound out while there is none', () => {
    const silent = drawResult({ ...result, sound: null });
    expect(silent).not.toContain('spectrogram');
    expect(decode(renderPng(silent)).height).toBeLessThan(decode(renderPng(drawResult(result))).height);
  });
  it('survives an empty curve and no frames', () => {
    const bare = {
      ...result,
      frames: [],
      sound: null,
      labels: [{ timing: { ...timing, timesSeconds: [], similarity: [], spans: [] }, threshold: 0.5 }],
    };
    expect(shareOf(renderPng(drawResult(bare)), [224, 122, 63])).toBeLessThan(0.002);
  });
  it('gives each of several labels a curve and a bar of its own', () => {
    const rain = { timing: { ...timing, label: 'rain', spans: [] }, threshold: 0.5 };
    const two = decode(renderPng(drawResult({ ...result, labels: [...result.labels, rain] })));
    const three = decode(renderPng(drawResult({ ...result, labels: [...result.labels, rain, rain] })));
    // a curve of 64, a bar of 18, and the gaps below both
    expect(three.height - two.height).toBe(64 + 18 + 2 * 16);
    expect(drawResult({ ...result, labels: [...result.labels, rain] })).toContain('rain');
  });
  it('brings its own letters', () => {
    // without a font the title's pixels would be missing
    const without = renderPng(drawResult({ ...result, title: '' }));
    expect(shareOf(renderPng(drawResult(result)), [29, 36, 51])).toBeGreaterThan(
      shareOf(without, [29, 36, 51]) + 0.0005,
    );
  });
});

describe('training pictures', () => {
  it('draws every series in its colour, and skips what is no number', () => {
    const steps = Array.from({ length: 100 }, (_, index) => index);
    const series = [
      { name: 'train', steps, values: steps.map((step) => (step === 7 ? Number.NaN : 1 / (step + 1))) },
      { name: 'validation', steps: [0, 50, 99], values: [1, 0.5, 0.2] },
    ];
    for (const logarithmic of [false, true]) {
      const svg = drawLoss({ title: 't', subtitle: 's', series, logarithmic });
      expect(svg).not.toContain('NaN');
      expect(shareOf(renderPng(svg), [224, 122, 63])).toBeGreaterThan(0.001);
    }
  });
  it('draws a run of one step and of none', () => {
    expect(drawLoss({ title: '', subtitle: '', series: [{ name: 'a', steps: [3], values: [1] }] })).toContain(
      'circle',
    );
    expect(drawLoss({ title: '', subtitle: '', series: [] })).not.toContain('NaN');
  });
  it('lays mels out in a grid', () => {
    const cells = ['a', 'b', 'c'].map((name) => ({ name, image: mel }));
    const image = decode(renderPng(drawMelGrid({ title: '', subtitle: '', cells })));
    const three = decode(renderPng(drawMelGrid({ title: '', subtitle: '', cells, columns: 3 })));
    expect(three.width).toBeGreaterThan(image.width);
    expect(three.height).toBeLessThan(image.height);
  });
});

describe('pieces', () => {
  it('draws the lowest band at the bottom and keeps the loudest of squeezed columns', () => {
    const image = colourImage({ bands: 2, columns: 4, data: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0) }, 2);
    expect([...image.data.subarray(0, 6)]).toEqual([...magma(0), ...magma(0)]);
    expect([...image.data.subarray(6)]).toEqual([...magma(1), ...magma(0)]);
    expect(decode(encodePng(image)).data).toEqual(image.data);
  });
  it('carries any text that can be typed', () => {
    const style = { size: 9, fill: '#000' };
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        renderPng(svgDocument(8, 8, '#fff', element('g', { id: content }, text(0, 0, content, style))));
      }),
      { numRuns: 200 },
    );
  });
  it('ticks are round, in order, within the range and never too many', () => {
    const range = fc.tuple(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 20 }), ([low, length], most) => {
        const ticks = niceTicks(low, low + length, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        for (const tick of ticks)
          expect(tick).toBeGreaterThanOrEqual(low - length * 1e-6 - Math.abs(low) * 1e-9);
      }),
    );
    expect(niceTicks(0, 10.24, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(logTicks(0.1, 2)).toEqual([0.1, 0.2, 0.5, 1, 2]);
    expect([timeLabel(2.5, 10), timeLabel(65, 600)]).toEqual(['2.5 s', '1:05']);
  });
});
