/** @file From an 8-bit picture to what an image tower takes: resized as Pillow does, cropped or stretched, normalised. */
import { FoleyError } from '../errors/foley-error.js';

/** 8-bit RGB, three bytes a pixel, rows from the top. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface ImagePreprocessing {
  /** Side of the square that results, in pixels. */
  readonly imageSize: number;
  /**
   * `crop` brings the shortest side to size and cuts the middle out, as published encoders were trained;
   * `stretch` keeps everything in view, at the price of the proportions.
   */
  readonly fit: 'crop' | 'stretch';
  /** Of values in 0..1, for red, green and blue. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** openai/CLIP clip.py, and the same numbers in every CLIP's preprocessor_config.json. */
export const clipPreprocessing: ImagePreprocessing = {
  imageSize: 224,
  fit: 'crop',
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

/**
 * Writes the picture as [3, imageSize, imageSize] float32 into `into`.
 *
 * @param into 3 * imageSize² values.
 */
export function preprocessImage(
  image: RgbImage,
  preprocessing: ImagePreprocessing,
  into: Float32Array,
): void {
  const { imageSize, fit, mean, deviation } = preprocessing;
  const pixels = imageSize * imageSize;
  if (image.data.length !== 3 * image.width * image.height || pixels === 0 || image.data.length === 0) {
    throw new FoleyError(
      'input-rejected',
      `a picture of ${image.width} x ${image.height} has ${image.data.length} bytes`,
    );
  }
  const square =
    fit === 'stretch' ? resizeBicubic(image, imageSize, imageSize) : resizeAndCrop(image, imageSize);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * deviation[channel]!);
    const shift = mean[channel]! / deviation[channel]!;
    const plane = into.subarray(channel * pixels, (channel + 1) * pixels);
    for (let i = 0; i < pixels; i++) plane[i] = square.data[3 * i + channel]! * scale - shift;
  }
}

/** transformers CLIPImageProcessor: the long side is rounded down, the crop begins at the rounded-down half. */
function resizeAndCrop(image: RgbImage, size: number): RgbImage {
  const shortest = Math.min(image.width, image.height);
  const resized = resizeBicubic(
    image,
    image.width === shortest ? size : Math.floor((size * image.width) / shortest),
    image.height === shortest ? size : Math.floor((size * image.height) / shortest),
  );
  const left = Math.floor((resized.width - size) / 2);
  const top = Math.floor((resized.height - size) / 2);
  const data = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    const start = 3 * ((top + y) * resized.width + left);
    data.set(resized.data.subarray(start, start + 3 * size), 3 * y * size);
  }
  return { width: size, height: size, data };
}

/** Fixed-point fraction bits of Pillow's 8-bit resampling (libImaging/Resample.c, PRECISION_BITS). */
const fractionBits = 22;

/** Which input pixels make one output pixel, and with which weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** [size, most], fixed point. */
  readonly weights: Int32Array;
  readonly most: number;
}

/**
 * Resizes with Pillow's antialiased bicubic filter, bit for bit: rows first, rounded to 8 bits, then columns.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  let { data } = image;
  if (width !== image.width) {
    const taps = bicubicTaps(image.width, width);
    const resized = new Uint8Array(3 * width * image.height);
    for (let y = 0; y < image.height; y++) {
      const row = 3 * y * image.width;
      for (let x = 0; x < width; x++) {
        blend(data, row + 3 * taps.first[x]!, 3, taps, x, resized, 3 * (y * width + x));
      }
    }
    data = resized;
  }
  if (height !== image.height) {
    const taps = bicubicTaps(image.height, height);
    const resized = new Uint8Array(3 * width * height);
    for (let y = 0; y < height; y++) {
      const row = 3 * taps.first[y]! * width;
      for (let x = 0; x < width; x++)
        blend(data, row + 3 * x, 3 * width, taps, y, resized, 3 * (y * width + x));
    }
    data = resized;
  }
  return { width, height, data };
}

/**
 * One output pixel: the weighted sum of `taps.count[index]` input pixels that lie `stride` bytes apart, in 32-bit integers
 * as in Pillow.
 */
function blend(
  from: Uint8Array,
  start: number,
  stride: number,
  taps: Taps,
  index: number,
  to: Uint8Array,
  at: number,
): void {
  const { weights } = taps;
  const firstWeight = index * taps.most;
  const lastWeight = firstWeight + taps.count[index]!;
  const half = 1 << (fractionBits - 1);
  let red = half;
  let green = half;
  let blue = half;
  for (let k = firstWeight, pixel = start; k < lastWeight; k++, pixel += stride) {
    const weight = weights[k]!;
    red = (red + Math.imul(weight, from[pixel]!)) | 0;
    green = (green + Math.imul(weight, from[pixel + 1]!)) | 0;
    blue = (blue + Math.imul(weight, from[pixel + 2]!)) | 0;
  }
  to[at] = toByte(red);
  to[at + 1] = toByte(green);
  to[at + 2] = toByte(blue);
}

function toByte(fixed: number): number {
  return Math.min(255, Math.max(0, fixed >> fractionBits));
}

function bicubicTaps(inputSize: number, outputSize: number): Taps {
  const scale = inputSize / outputSize;
  const stretch = Math.max(scale, 1); // a smaller picture needs a wider filter
  const support = 2 * stretch;
  const most = 2 * Math.ceil(support) + 1;
  const taps = {
    first: new Int32Array(outputSize),
    count: new Int32Array(outputSize),
    weights: new Int32Array(outputSize * most),
    most,
  };
  const weights = new Float64Array(most);
  for (let x = 0; x < outputSize; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(centre + support + 0.5)) - first;
    let total = 0;
    for (let k = 0; k < count; k++) {
      weights[k] = bicubic((k + first - centre + 0.5) / stretch);
      total += weights[k]!;
    }
    taps.first[x] = first;
    taps.count[x] = count;
    for (let k = 0; k < count; k++) {
      const fixed = (weights[k]! / total) * (1 << fractionBits);
      taps.weights[x * most + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
  }
  return taps;
}

/** Keys' cubic with a = -0.5. */
function bicubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}
