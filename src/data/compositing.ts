/** @file Pixel work for scenes: sprites scaled with mipmaps and alpha, and a crop of a background at any size. */
import type { Box } from './visibility.js';

/** Pixels, 8 bits a channel, rows top-down: 3 channels R G B, or 4 with straight alpha. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

/** A sprite at full size and at each half of it, colours multiplied by alpha so that edges scale without a rim. */
export interface MipmappedSprite {
  /** 4 channels each, largest first. */
  readonly levels: readonly Bitmap[];
}

export function mipmaps(sprite: Bitmap): MipmappedSprite {
  const levels = [premultiplied(sprite)];
  while (Math.min(levels.at(-1)!.width, levels.at(-1)!.height) > 2) levels.push(halved(levels.at(-1)!));
  return { levels };
}

function premultiplied(sprite: Bitmap): Bitmap {
  const pixels = sprite.width * sprite.height;
  const data = new Uint8Array(4 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * sprite.channels;
    const alpha = sprite.channels === 4 ? sprite.data[from + 3]! : 255;
    for (let channel = 0; channel < 3; channel++) {
      data[4 * pixel + channel] = Math.round((sprite.data[from + channel]! * alpha) / 255);
    }
    data[4 * pixel + 3] = alpha;
  }
  return { width: sprite.width, height: sprite.height, channels: 4, data };
}

/** Each pixel the mean of 2 x 2; an odd last row or column is repeated. */
function halved(from: Bitmap): Bitmap {
  const width = Math.ceil(from.width / 2);
  const height = Math.ceil(from.height / 2);
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) {
    const row0 = 4 * 2 * y * from.width;
    const row1 = 4 * Math.min(2 * y + 1, from.height - 1) * from.width;
    for (let x = 0; x < width; x++) {
      const x0 = 4 * 2 * x;
      const x1 = 4 * Math.min(2 * x + 1, from.width - 1);
      for (let channel = 0; channel < 4; channel++) {
        data[4 * (y * width + x) + channel] =
          (from.data[row0 + x0 + channel]! +
            from.data[row0 + x1 + channel]! +
            from.data[row1 + x0 + channel]! +
            from.data[row1 + x1 + channel]! +
            2) >>
          2;
      }
    }
  }
  return { width, height, channels: 4, data };
}

/** Draws a sprite into a box (shares of the frame) over what is there, bilinearly from the mipmap that fits. */
export function drawScaled(
  frame: Uint8Array,
  size: { readonly width: number; readonly height: number },
  sprite: MipmappedSprite,
  box: Box,
  mirrored: boolean,
  brightness: number,
): void {
  const left = box.left * size.width;
  const top = box.top * size.height;
  const boxWidth = (box.right - box.left) * size.width;
  const boxHeight = (box.bottom - box.top) * size.height;
  if (boxWidth < 1 || boxHeight < 1) return;
  const level = levelFor(sprite, boxWidth);
  const { width, height, data } = level;
  const scaleX = width / boxWidth;
  const scaleY = height / boxHeight;
  const firstX = Math.max(0, Math.ceil(left - 0.5));
  const lastX = Math.min(size.width - 1, Math.floor(left + boxWidth - 0.5));
  const firstY = Math.max(0, Math.ceil(top - 0.5));
  const lastY = Math.min(size.height - 1, Math.floor(top + boxHeight - 0.5));
  for (let y = firstY; y <= lastY; y++) {
    const sy = Math.max(0, Math.min(height - 1, (y + 0.5 - top) * scaleY - 0.5));
    const y0 = Math.floor(sy);
    const fy = sy - y0;
    const row0 = 4 * y0 * width;
    const row1 = 4 * Math.min(y0 + 1, height - 1) * width;
    for (let x = firstX; x <= lastX; x++) {
      const across = (x + 0.5 - left) * scaleX - 0.5;
      const sx = Math.max(0, Math.min(width - 1, mirrored ? width - 1 - across : across));
      const x0 = Math.floor(sx);
      const fx = sx - x0;
      const a = row0 + 4 * x0;
      const b = x0 + 1 < width ? a + 4 : a;
      const c = row1 + 4 * x0;
      const d = x0 + 1 < width ? c + 4 : c;
      const wa = (1 - fx) * (1 - fy);
      const wb = fx * (1 - fy);
      const wc = (1 - fx) * fy;
      const wd = fx * fy;
      const alpha = wa * data[a + 3]! + wb * data[b + 3]! + wc * data[c + 3]! + wd * data[d + 3]!;
      if (alpha < 1) continue;
      const keep = 1 - alpha / 255;
      const pixel = 3 * (y * size.width + x);
      for (let channel = 0; channel < 3; channel++) {
        const colour =
          wa * data[a + channel]! +
          wb * data[b + channel]! +
          wc * data[c + channel]! +
          wd * data[d + channel]!;
        const value = brightness * colour + keep * frame[pixel + channel]!;
        frame[pixel + channel] = Math.min(value, 255);
      }
    }
  }
}

/** The smallest level that is still at least as wide as asked. */
function levelFor(sprite: MipmappedSprite, width: number): Bitmap {
  let chosen = sprite.levels[0]!;
  for (const level of sprite.levels) if (level.width >= width) chosen = level;
  return chosen;
}

/** A square-ish crop (`size` is the share of both sides) of a background at the frame's size, with area averaging when it shrinks. */
export function sampleBackground(
  source: Bitmap,
  crop: { readonly left: number; readonly top: number; readonly size: number },
  mirrored: boolean,
  brightness: number,
  size: { readonly width: number; readonly height: number },
): Uint8Array {
  const out = new Uint8Array(3 * size.width * size.height);
  const stepX = (crop.size * source.width) / size.width;
  const stepY = (crop.size * source.height) / size.height;
  const taps = Math.max(1, Math.min(4, Math.round(Math.max(stepX, stepY)))); // samples along each side of a pixel
  const weight = brightness / (taps * taps);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      let [red, green, blue] = [0, 0, 0];
      for (let tap = 0; tap < taps * taps; tap++) {
        const offsetX = ((tap % taps) + 0.5) / taps;
        const offsetY = (Math.floor(tap / taps) + 0.5) / taps;
        const across = mirrored ? size.width - x - 1 + offsetX : x + offsetX;
        const sx = Math.max(
          0,
          Math.min(source.width - 1.001, crop.left * source.width + across * stepX - 0.5),
        );
        const sy = Math.max(
          0,
          Math.min(source.height - 1.001, crop.top * source.height + (y + offsetY) * stepY - 0.5),
        );
        const x0 = Math.floor(sx);
        const y0 = Math.floor(sy);
        const fx = sx - x0;
        const fy = sy - y0;
        const a = source.channels * (y0 * source.width + x0);
        const c = a + source.channels * source.width;
        const b = a + source.channels;
        const d = c + source.channels;
        const wa = (1 - fx) * (1 - fy);
        const wb = fx * (1 - fy);
        const wc = (1 - fx) * fy;
        const wd = fx * fy;
        const { data } = source;
        red += wa * data[a]! + wb * data[b]! + wc * data[c]! + wd * data[d]!;
        green += wa * data[a + 1]! + wb * data[b + 1]! + wc * data[c + 1]! + wd * data[d + 1]!;
        blue += wa * data[a + 2]! + wb * data[b + 2]! + wc * data[c + 2]! + wd * data[d + 2]!;
      }
      const pixel = 3 * (y * size.width + x);
      out[pixel] = Math.min(255, weight * red);
      out[pixel + 1] = Math.min(255, weight * green);
      out[pixel + 2] = Math.min(255, weight * blue);
    }
  }
  return out;
}
