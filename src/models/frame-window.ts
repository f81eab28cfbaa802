/**
 * @file Which frames a column of mel latents may see, as an additive attention bias made from the frames' times.
 * FoleyCrafter left an unused precedent (`VPTemporalAdapterAttnProcessor2_0`); this one works on the time base of the
 * mel: column c of the latents spans the seconds from c * d to (c + 1) * d.
 */
import {
  add,
  constant,
  expand,
  greater,
  max,
  maximum,
  neg,
  reshape,
  sub,
  tensor,
  type Value,
  where,
} from '../graph/index.js';
import type { FrameAdapterConfig } from './frame-adapter.js';
import type { UnetConfig } from './unet-config.js';

const slackSeconds = 1e-4; // so that frames at equal distances are treated alike despite rounding
const hidden = -1e4; // exp(-1e4) is 0 in float32 and the value fits float16

/**
 * Biases for every grid of the UNet that has attention, by its number of columns.
 * @param timesSeconds `[B, T]`.
 * @param latentColumns columns of the latents at the finest level.
 * @returns `[B, 1, columns, T * tokensPerFrame]` each; empty when the adapter has no window.
 */
export function frameWindowBiases(
  timesSeconds: Value,
  latentColumns: number,
  unet: UnetConfig,
  adapter: FrameAdapterConfig,
): ReadonlyMap<number, Value> {
  const biases = new Map<number, Value>();
  const { windowSeconds, latentColumnSeconds, tokensPerFrame } = adapter;
  if (windowSeconds === null) return biases;
  const coarsest = unet.blockOutChannels.length - 1;
  for (let level = 0; level <= coarsest; level++) {
    if (!unet.attentionLevels[level] && level !== coarsest) continue;
    const columns = latentColumns / 2 ** level;
    const bias = frameWindowBias(timesSeconds, columns, latentColumnSeconds * 2 ** level, windowSeconds);
    const [batch, , , frames] = bias.shape as [number, number, number, number];
    const perToken = expand(reshape(bias, [batch, 1, columns, frames, 1]), [
      batch,
      1,
      columns,
      frames,
      tokensPerFrame,
    ]);
    biases.set(columns, reshape(perToken, [batch, 1, columns, frames * tokensPerFrame]));
  }
  return biases;
}

/**
 * 0 where a frame lies within the window around a column's span, a large negative number elsewhere. A column that no
 * frame comes near sees the nearest frame, so that a softmax over nothing cannot occur.
 * @returns `[B, 1, columns, T]`.
 */
export function frameWindowBias(
  timesSeconds: Value,
  columns: number,
  columnSeconds: number,
  windowSeconds: number,
): Value {
  const [batch, frames] = timesSeconds.shape as [number, number];
  const times = reshape(timesSeconds, [batch, 1, frames]);
  const starts = Float32Array.from({ length: columns }, (_, c) => c * columnSeconds);
  const ends = Float32Array.from({ length: columns }, (_, c) => (c + 1) * columnSeconds);
  const before = sub(constant(tensor([1, columns, 1], starts)), times); // positive for a frame before the span
  const after = sub(times, constant(tensor([1, columns, 1], ends)));
  const distance = maximum(maximum(before, after), 0); // [B, columns, T]
  const nearest = neg(max(neg(distance), [2], { keepDims: true })); // [B, columns, 1]
  const bias = where(greater(distance, add(maximum(nearest, windowSeconds), slackSeconds)), hidden, 0);
  return reshape(bias, [batch, 1, columns, frames]);
}
