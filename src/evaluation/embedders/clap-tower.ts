/** @file The audio tower of CLAP: a shifted-window transformer over a folded mel picture (HTS-AT). */
import {
  add,
  concat,
  constant,
  conv2d,
  gather,
  gelu,
  linear,
  maskedAttention,
  matmul,
  mean,
  relu,
  reshape,
  slice,
  tensor,
  transpose,
  type Value,
} from '../../graph/index.js';
import { dense, normalizeLast } from '../../models/layers.js';
import type { Parameters } from '../../weights/parameters.js';
import { normaliseBatchLast } from './batch-norm.js';

// Chen et al. 2022 (HTS-AT), Wu et al. 2023 (LAION-CLAP). Key names: transformers ClapModel, without feature fusion.

export interface ClapAudioConfig {
  readonly bands: number;
  /** Side of the square picture that the mel is folded into. */
  readonly pictureSize: number;
  readonly patchSize: number;
  /** Side of a window of attention, in patches. */
  readonly windowSize: number;
  readonly width: number;
  /** Blocks of each stage; stages double the width and halve the sides. */
  readonly depths: readonly number[];
  readonly heads: readonly number[];
  readonly projectionWidth: number;
}

/** laion/clap-htsat-unfused */
export const clapAudioConfig: ClapAudioConfig = {
  bands: 64,
  pictureSize: 256,
  patchSize: 4,
  windowSize: 8,
  width: 96,
  depths: [2, 2, 6, 2],
  heads: [4, 8, 16, 32],
  projectionWidth: 512,
};

/**
 * @param p the root of the file; keys begin with `audio_model.audio_encoder.` and `audio_projection.`
 * @param mel `[B, frames, bands]` in dB; at most `pictureSize * pictureSize / bands` frames
 * @returns `[B, projectionWidth]`, not normalised
 */
export function clapAudio(p: Parameters, mel: Value, config: ClapAudioConfig = clapAudioConfig): Value {
  const { patchSize, pictureSize, depths, projectionWidth } = config;
  const encoder = p.at('audio_model.audio_encoder');
  const batch = mel.shape[0]!;
  const picture = fold(normaliseBatchLast(encoder.at('batch_norm'), mel), config);
  const patches = encoder.at('patch_embed');
  const weight = patches.get('proj.weight', [config.width, 1, patchSize, patchSize]);
  const map = conv2d(picture, weight, patches.get('proj.bias', [config.width]), { stride: patchSize });
  let side = pictureSize / patchSize;
  let x = transpose(reshape(map, [batch, config.width, side * side]), [0, 2, 1]); // [B, N, C]
  x = normalizeLast(patches.at('norm'), x);
  for (const [stage, depth] of depths.entries()) {
    const layer = encoder.at(`layers.${stage}`);
    for (let block = 0; block < depth; block++) {
      const isShifted = block % 2 === 1;
      x = swinBlock(layer.at(`blocks.${block}`), x, { side, heads: config.heads[stage]!, isShifted }, config);
    }
    if (stage === depths.length - 1) break;
    x = mergePatches(layer.at('downsample'), x, side);
    side /= 2;
  }
  const pooled = mean(normalizeLast(encoder.at('norm'), x), [1]); // [B, C]
  const projection = p.at('audio_projection');
  const hidden = relu(dense(projection.at('linear1'), pooled, projectionWidth));
  return dense(projection.at('linear2'), hidden, projectionWidth);
}

/** `[B, frames, bands]` -> `[B, 1, S, S]`: stretched to full length, then its pieces stacked, each turned upright. */
function fold(mel: Value, { bands, pictureSize }: ClapAudioConfig): Value {
  const [batch, frames] = mel.shape as [number, number];
  const pieces = pictureSize / bands;
  const full = pictureSize * pieces;
  const stretched = frames === full ? mel : matmul(constant(bicubicRows(frames, full)), mel); // [B, full, bands]
  const split = reshape(stretched, [batch, pieces, pictureSize, bands]);
  return reshape(transpose(split, [0, 1, 3, 2]), [batch, 1, pictureSize, pictureSize]);
}

/** torch's bicubic interpolation with the ends kept (a = -0.75), as a matrix `[to, from]`; places in 32 bits as there. */
function bicubicRows(from: number, to: number) {
  const matrix = new Float32Array(to * from);
  const step = Math.fround((from - 1) / (to - 1));
  const near = (x: number) => (1.25 * x - 2.25) * x * x + 1;
  const far = (x: number) => ((-0.75 * x + 3.75) * x - 6) * x + 3;
  for (let row = 0; row < to; row++) {
    const position = Math.fround(row * step);
    const whole = Math.floor(position);
    const part = position - whole;
    for (const [offset, weight] of [
      [-1, far(part + 1)],
      [0, near(part)],
      [1, near(1 - part)],
      [2, far(2 - part)],
    ] as const) {
      const column = Math.min(from - 1, Math.max(0, whole + offset));
      matrix[row * from + column]! += weight;
    }
  }
  return tensor([to, from], matrix);
}

interface BlockShape {
  /** Patches along one side of the square. */
  readonly side: number;
  readonly heads: number;
  /** Whether windows lie half a window further, so that neighbours meet. */
  readonly isShifted: boolean;
}

function swinBlock(p: Parameters, x: Value, shape: BlockShape, config: ClapAudioConfig): Value {
  const { side, heads } = shape;
  const [batch, count, width] = x.shape as [number, number, number];
  const size = Math.min(config.windowSize, side);
  const shift = shape.isShifted && side > config.windowSize ? Math.floor(size / 2) : 0;
  const normal = normalizeLast(p.at('layernorm_before'), x);
  const grid = roll(reshape(normal, [batch, side, side, width]), -shift);
  const windows = intoWindows(grid, size); // [B * windows, size * size, C]
  const part = (name: string) => dense(p.at(`attention.self.${name}`), windows, width);
  const bias = positionBias(p.at('attention.self'), size, heads);
  const masked = shift === 0 ? bias : add(bias, shiftMask(batch, side, size, shift));
  const mixed = maskedAttention(part('query'), part('key'), part('value'), { heads }, masked);
  const out = dense(p.at('attention.output.dense'), mixed, width);
  const back = roll(fromWindows(out, batch, side, size), shift);
  const attended = add(x, reshape(back, [batch, count, width]));
  const hidden = gelu(
    dense(p.at('intermediate.dense'), normalizeLast(p.at('layernorm_after'), attended), 4 * width),
  );
  return add(attended, dense(p.at('output.dense'), hidden, width));
}

/** Both sides of `[B, S, S, C]` turned round by so many places. */
function roll(x: Value, places: number): Value {
  if (places === 0) return x;
  return [1, 2].reduce((turned, axis) => {
    const size = turned.shape[axis]!;
    const cut = places > 0 ? size - places : -places;
    return concat([slice(turned, axis, cut, size), slice(turned, axis, 0, cut)], axis);
  }, x);
}

/** `[B, S, S, C]` -> `[B * windows, size * size, C]` */
function intoWindows(x: Value, size: number): Value {
  const [batch, side, , width] = x.shape as [number, number, number, number];
  const along = side / size;
  const cells = reshape(x, [batch, along, size, along, size, width]);
  return reshape(transpose(cells, [0, 1, 3, 2, 4, 5]), [batch * along * along, size * size, width]);
}

/** The inverse of `intoWindows`. */
function fromWindows(windows: Value, batch: number, side: number, size: number): Value {
  const along = side / size;
  const width = windows.shape[2]!;
  const cells = reshape(windows, [batch, along, along, size, size, width]);
  return reshape(transpose(cells, [0, 1, 3, 2, 4, 5]), [batch, side, side, width]);
}

/** Learnt numbers for every distance of two patches of a window: `[1, heads, size * size, size * size]`. */
function positionBias(p: Parameters, size: number, heads: number): Value {
  const reach = 2 * size - 1;
  const table = p.get('relative_position_bias_table', [reach * reach, heads]);
  const patches = size * size;
  const places = BigInt64Array.from({ length: patches * patches }, (_, pair) => {
    const [a, b] = [Math.floor(pair / patches), pair % patches];
    const down = Math.floor(a / size) - Math.floor(b / size) + size - 1;
    const across = (a % size) - (b % size) + size - 1;
    return BigInt(down * reach + across);
  });
  const rows = gather(table, constant(tensor([patches * patches], places, 'int64'))); // [patches^2, heads]
  return reshape(transpose(rows, [1, 0]), [1, heads, patches, patches]);
}

/** After turning, a window may hold patches from opposite edges, which must not see each other. */
function shiftMask(batch: number, side: number, size: number, shift: number): Value {
  const region = (at: number) => (at < side - size ? 0 : at < side - shift ? 1 : 2);
  const along = side / size;
  const patches = size * size;
  const values = new Float32Array(batch * along * along * patches * patches);
  const regionOf = (window: number, patch: number) => {
    const row = Math.floor(window / along) * size + Math.floor(patch / size);
    const column = (window % along) * size + (patch % size);
    return 3 * region(row) + region(column);
  };
  for (let i = 0; i < values.length; i++) {
    const window = Math.floor(i / (patches * patches)) % (along * along);
    const [a, b] = [Math.floor(i / patches) % patches, i % patches];
    values[i] = regionOf(window, a) === regionOf(window, b) ? 0 : -100;
  }
  return constant(tensor([batch * along * along, 1, patches, patches], values));
}

/** Four neighbours become one, of twice the width. */
function mergePatches(p: Parameters, x: Value, side: number): Value {
  const [batch, , width] = x.shape as [number, number, number];
  const grid = reshape(x, [batch, side, side, width]);
  const neighbours = [0, 1].flatMap((column) =>
    [0, 1].map((row) => slice(slice(grid, 1, row, side, 2), 2, column, side, 2)),
  );
  const joined = reshape(concat(neighbours, 3), [batch, (side / 2) ** 2, 4 * width]);
  const reduction = p.get('reduction.weight', [2 * width, 4 * width]);
  return linear(normalizeLast(p.at('norm'), joined), reduction, null);
}
