/** @file The lanes of a result picture: each draws one kind of thing over time into a box. */
import { hzToMel } from '../audio/mel-filterbank.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { colourImage, imageElement, type RgbImage, type ValueImage } from './raster-image.js';
import { element, pathThrough, type Svg, text } from './svg.js';
import { theme } from './theme.js';

/** Where a lane lies, and the stretch of time its width stands for. */
export interface LaneBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
}

/** A picture of the clip and when it is shown. */
export interface TimedImage extends RgbImage {
  readonly timeSeconds: number;
}

/** A spectrogram to draw: values in 0..1 and what its axes mean. */
export interface SpectrogramImage extends ValueImage {
  readonly columnsPerSecond: number;
  readonly minHz: number;
  readonly maxHz: number;
}

export function timeToX(box: LaneBox, seconds: number): number {
  return box.x + (seconds / box.durationSeconds) * box.width;
}

/** How many pictures fill a filmstrip of this box. */
export function filmstripCount(box: LaneBox, aspect: number): number {
  return Math.max(1, Math.round(box.width / (box.height * Math.min(2.4, Math.max(0.6, aspect)))));
}

/** Pictures side by side; each shows the latest one at the middle of its place. */
export function filmstripLane(box: LaneBox, images: readonly TimedImage[]): Svg {
  const first = images[0];
  if (!first) return '';
  const count = filmstripCount(box, first.width / first.height);
  const width = box.width / count;
  return Array.from({ length: count }, (_, index) => {
    const seconds = ((index + 0.5) / count) * box.durationSeconds;
    const image = images.findLast((candidate) => candidate.timeSeconds <= seconds) ?? first;
    const x = box.x + index * width;
    return imageElement(image, {
      x: x + 0.75,
      y: box.y,
      width: width - 1.5,
      height: box.height,
      fit: 'cover',
    });
  }).join('');
}

/** The similarity curve over a tinted ground, with the threshold across it. */
export function similarityLane(box: LaneBox, timing: TimingCurve, threshold: number): Svg {
  const toY = (value: number): number => box.y + (1 - value) * box.height;
  const points = timing.similarity.map((value, index): [number, number] => [
    timeToX(box, timing.timesSeconds[index]!),
    toY(value),
  ]);
  const last = points.at(-1);
  // the last frame stays on screen to the end
  if (last) points.push([box.x + box.width, last[1]]);
  const outline = pathThrough(points);
  const floor = box.y + box.height;
  return [
    points.length === 0
      ? ''
      : element('path', {
          d: `${outline}L${box.x + box.width} ${floor}L${points[0]![0]} ${floor}Z`,
          fill: theme.curveFill,
        }),
    element('line', {
      x1: box.x,
      x2: box.x + box.width,
      y1: toY(threshold),
      y2: toY(threshold),
      stroke: theme.on,
      'stroke-width': 1.2,
      'stroke-dasharray': '5 4',
    }),
    element('path', {
      d: outline,
      fill: 'none',
      stroke: theme.curve,
      'stroke-width': 1.8,
      'stroke-linejoin': 'round',
    }),
    ...[0, threshold, 1].map((value) =>
      text(box.x - 8, toY(value) + (value === 1 ? 10 : value === 0 ? 0 : 4), String(value), tickStyle),
    ),
  ].join('');
}

/** A bar for each stretch in which the label sounds. */
export function timingLane(box: LaneBox, timing: TimingCurve): Svg {
  return timing.spans
    .map((span) => {
      const x = timeToX(box, span.startSeconds);
      const width = Math.max(1.5, timeToX(box, Math.min(span.endSeconds, box.durationSeconds)) - x);
      return element('rect', { x, y: box.y + 4, width, height: box.height - 8, rx: 3, fill: theme.on });
    })
    .join('');
}

/** Lowest and highest sample of each pixel column, at the scale of full range. */
export function waveformLane(box: LaneBox, samples: Float32Array, sampleRateHz: number): Svg {
  const middle = box.y + box.height / 2;
  const pixels = Math.max(1, Math.min(Math.round(box.width), samples.length));
  const endX = Math.min(box.x + box.width, timeToX(box, samples.length / sampleRateHz));
  const upper: [number, number][] = [];
  const lower: [number, number][] = [];
  for (let pixel = 0; pixel < pixels; pixel++) {
    let low = 0;
    let high = 0;
    const end = Math.floor(((pixel + 1) * samples.length) / pixels);
    for (let index = Math.floor((pixel * samples.length) / pixels); index < end; index++) {
      low = Math.min(low, samples[index]!);
      high = Math.max(high, samples[index]!);
    }
    const x = box.x + ((pixel + 0.5) / pixels) * (endX - box.x);
    const reach = box.height / 2 - 2;
    upper.push([x, middle - Math.max(0.6, Math.min(1, high) * reach)]);
    lower.unshift([x, middle + Math.max(0.6, Math.min(1, -low) * reach)]);
  }
  return element('path', { d: `${pathThrough([...upper, ...lower])}Z`, fill: theme.curve });
}

const spectrogramTicksHz = [250, 500, 1000, 2000, 4000, 8000, 16000];

/** The spectrogram with its frequencies at the side. */
export function spectrogramLane(box: LaneBox, mel: SpectrogramImage): Svg {
  const width = (mel.columns / mel.columnsPerSecond / box.durationSeconds) * box.width;
  const [lowMel, highMel] = [hzToMel(mel.minHz), hzToMel(mel.maxHz)];
  const ticks = spectrogramTicksHz.filter((hz) => hz > mel.minHz && hz <= mel.maxHz);
  return [
    element('rect', { x: box.x, y: box.y, width: box.width, height: box.height, fill: '#000004' }),
    imageElement(colourImage(mel, 2 * Math.ceil(width)), {
      x: box.x,
      y: box.y,
      width,
      height: box.height,
      fit: 'fill',
    }),
    ...ticks.map((hz) => {
      const y = box.y + (1 - (hzToMel(hz) - lowMel) / (highMel - lowMel)) * box.height;
      const label = hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`;
      return (
        element('line', { x1: box.x - 4, x2: box.x, y1: y, y2: y, stroke: theme.quiet }) +
        text(box.x - 8, Math.max(y + 4, box.y + 10), label, tickStyle)
      );
    }),
  ].join('');
}

const tickStyle = { size: theme.tickSize, fill: theme.quiet, anchor: 'end' } as const;
