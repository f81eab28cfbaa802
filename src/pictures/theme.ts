/** @file The look that all pictures share. */

export const theme = {
  paper: '#ffffff',
  ink: '#1d2433',
  /** Labels and ticks. */
  quiet: '#667085',
  /** Lane frames and grid lines. */
  line: '#e3e7ee',
  laneGround: '#f7f8fb',
  /** The similarity curve and the wave. */
  curve: '#2f5fb3',
  curveFill: '#dbe6f7',
  /** Everything that says "sound here". */
  on: '#e07a3f',
  onGround: '#fdf1e9',
  /** Further curves, told apart without red and green. */
  series: ['#2f5fb3', '#e07a3f', '#3a8f83', '#8b5fb0', '#b0872e', '#5c677a'],
  titleSize: 21,
  labelSize: 13,
  tickSize: 12,
} as const;

type Rgb = readonly [number, number, number];

/** Nine even stops of matplotlib's magma (CC0): dark for silence, light for loud. */
const magmaStops: readonly Rgb[] = [
  [0, 0, 4],
  [28, 16, 68],
  [79, 18, 123],
  [129, 37, 129],
  [181, 54, 122],
  [229, 80, 100],
  [251, 135, 97],
  [254, 194, 135],
  [252, 253, 191],
];

/** The colour of a value in 0..1 (clamped), 8 bits a channel. */
export function magma(value: number): Rgb {
  const place = Math.min(1, Math.max(0, value)) * (magmaStops.length - 1);
  const index = Math.min(magmaStops.length - 2, Math.floor(place));
  const share = place - index;
  const [from, to] = [magmaStops[index]!, magmaStops[index + 1]!];
  return [0, 1, 2].map((channel) =>
    Math.round(from[channel]! * (1 - share) + to[channel]! * share),
  ) as unknown as Rgb;
}
