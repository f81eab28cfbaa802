/** @file Training curves: values over steps, raw in pale and smoothed on top, on a linear or logarithmic scale. */
import { logTicks, niceTicks } from './axis.js';
import { element, pathThrough, type Svg, svgDocument, text } from './svg.js';
import { theme } from './theme.js';

export interface LossSeries {
  readonly name: string;
  /** Ascending. */
  readonly steps: readonly number[];
  /** As many as steps; values that are no number are skipped. */
  readonly values: readonly number[];
}

export interface LossPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly series: readonly LossSeries[];
  /** Logarithmic values; all must be positive. Default linear from the smallest to the largest. */
  readonly logarithmic?: boolean;
}

const width = 960;
const height = 480;
const frame = { x: 84, y: 84, width: 848, height: 330 };

/** The picture as SVG text. */
export function drawLoss(picture: LossPicture): Svg {
  const series = picture.series.map((one) => {
    const points = one.steps.map((step, index) => ({ step, value: one.values[index]! }));
    const kept = points.filter(({ value }) => Number.isFinite(value) && (!picture.logarithmic || value > 0));
    return { name: one.name, points: thin(kept) };
  });
  const all = series.flatMap((one) => one.points);
  const firstStep = extreme(all, ({ step }) => step, Math.min, 0);
  const lastStep = Math.max(
    extreme(all, ({ step }) => step, Math.max, 1),
    firstStep + 1,
  );
  const low = extreme(all, ({ value }) => value, Math.min, picture.logarithmic ? 0.1 : 0);
  const high = Math.max(
    extreme(all, ({ value }) => value, Math.max, 1),
    low * (1 + 1e-6) + 1e-12,
  );
  const bend = picture.logarithmic ? Math.log : (value: number): number => value;
  const margin = (bend(high) - bend(low)) * 0.04;
  const toX = (step: number): number => frame.x + ((step - firstStep) / (lastStep - firstStep)) * frame.width;
  const toY = (value: number): number =>
    frame.y + (1 - (bend(value) - bend(low) + margin) / (bend(high) - bend(low) + 2 * margin)) * frame.height;
  const ticks = picture.logarithmic ? logTicks(low, high) : niceTicks(low, high, 7);
  const line = (
    points: readonly { step: number; value: number }[],
    stroke: string,
    opacity: number,
    thickness: number,
  ): Svg =>
    element('path', {
      d: pathThrough(points.map(({ step, value }) => [toX(step), toY(value)])),
      fill: 'none',
      stroke,
      'stroke-opacity': opacity,
      'stroke-width': thickness,
      'stroke-linejoin': 'round',
    });
  return svgDocument(
    width,
    height,
    theme.paper,
    text(frame.x, 40, picture.title, { size: theme.titleSize, fill: theme.ink, weight: 'bold' }),
    text(frame.x, 62, picture.subtitle, { size: theme.labelSize, fill: theme.quiet }),
    element('rect', { ...frame, fill: theme.laneGround, stroke: theme.line }),
    ...ticks.flatMap((value) => [
      element('line', {
        x1: frame.x,
        x2: frame.x + frame.width,
        y1: toY(value),
        y2: toY(value),
        stroke: theme.line,
      }),
      text(frame.x - 8, toY(value) + 4, shortNumber(value), {
        size: theme.tickSize,
        fill: theme.quiet,
        anchor: 'end',
      }),
    ]),
    ...niceTicks(firstStep, lastStep, 8).map((step) =>
      text(toX(step), frame.y + frame.height + 20, shortNumber(step), {
        size: theme.tickSize,
        fill: theme.quiet,
        anchor: 'middle',
      }),
    ),
    text(frame.x + frame.width / 2, height - 22, 'step', {
      size: theme.labelSize,
      fill: theme.quiet,
      anchor: 'middle',
    }),
    ...series.flatMap(({ points }, index) => {
      if (points.length === 0) return [];
      const colour = theme.series[index % theme.series.length]!;
      const [first] = points;
      if (points.length === 1)
        return [element('circle', { cx: toX(first!.step), cy: toY(first!.value), r: 3.5, fill: colour })];
      return points.length < 40
        ? [line(points, colour, 1, 2)]
        : [line(points, colour, 0.25, 1), line(smooth(points), colour, 1, 2.2)];
    }),
    ...legend(series),
  );
}

function legend(
  series: readonly { readonly name: string; readonly points: readonly { value: number }[] }[],
): Svg[] {
  let right = frame.x + frame.width;
  return series
    .map((one, index) => ({ colour: theme.series[index % theme.series.length]!, label: legendLabel(one) }))
    .reverse()
    .map(({ colour, label }) => {
      const entry =
        text(right, 40, label, { size: theme.labelSize, fill: theme.ink, anchor: 'end' }) +
        element('rect', { x: right - label.length * 7.1 - 18, y: 34, width: 12, height: 3, fill: colour });
      right -= label.length * 7.1 + 40;
      return entry;
    });
}

function legendLabel(one: { readonly name: string; readonly points: readonly { value: number }[] }): string {
  const last =
    one.points.length < 40
      ? one.points.at(-1)
      : smooth(one.points.map(({ value }) => ({ step: 0, value }))).at(-1);
  return last ? `${one.name} ${shortNumber(last.value)}` : one.name;
}

/** At most 1,500 points, each the mean of its neighbours: a picture shows no more. */
function thin(points: readonly { step: number; value: number }[]): { step: number; value: number }[] {
  const size = Math.ceil(points.length / 1500);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const group = points.slice(index * size, (index + 1) * size);
    return { step: group[0]!.step, value: group.reduce((sum, { value }) => sum + value, 0) / group.length };
  });
}

/** Centred mean over about a thirtieth of the curve, which does not lag behind it. */
function smooth(points: readonly { step: number; value: number }[]): { step: number; value: number }[] {
  const reach = Math.max(1, Math.round(points.length / 60));
  return points.map(({ step }, index) => {
    const near = points.slice(Math.max(0, index - reach), index + reach + 1);
    return { step, value: near.reduce((sum, { value }) => sum + value, 0) / near.length };
  });
}

function extreme<T>(
  items: readonly T[],
  of: (item: T) => number,
  choose: (a: number, b: number) => number,
  none: number,
): number {
  return items.length === 0 ? none : items.map(of).reduce((a, b) => choose(a, b));
}

/** 0.0123, 12.3k, 4.5M: three digits. */
function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
