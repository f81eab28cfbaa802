/** @file Pixels that an SVG can carry: RGB or values through the colour map, as PNG data addresses. */
import { encode } from 'fast-png';
import { element, type Svg } from './svg.js';
import { magma } from './theme.js';

/** 8-bit RGB, rows from the top. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Values in 0..1, lowest band first as in a mel: drawn with the lowest band at the bottom. */
export interface ValueImage {
  readonly bands: number;
  readonly columns: number;
  /** [bands, columns] */
  readonly data: Float32Array;
}

export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** `fill` stretches to the box, `cover` keeps the aspect and crops. */
  readonly fit: 'fill' | 'cover';
}

/** An `<image>` element that carries the picture itself. */
export function imageElement(image: RgbImage, placement: Placement): Svg {
  return element('image', {
    x: placement.x,
    y: placement.y,
    width: placement.width,
    height: placement.height,
    preserveAspectRatio: placement.fit === 'fill' ? 'none' : 'xMidYMid slice',
    href: `data:image/png;base64,${base64(encodePng(image))}`,
  });
}

/** The bytes of a PNG file. */
export function encodePng(image: RgbImage): Uint8Array {
  return encode({ width: image.width, height: image.height, data: image.data, channels: 3, depth: 8 });
}

/** Values through the colour map, at most `mostColumns` wide: each pixel takes the loudest value it covers. */
export function colourImage(values: ValueImage, mostColumns: number): RgbImage {
  const width = Math.min(values.columns, mostColumns);
  const data = new Uint8Array(width * values.bands * 3);
  for (let band = 0; band < values.bands; band++) {
    const row = values.bands - 1 - band;
    for (let x = 0; x < width; x++) {
      const first = Math.floor((x * values.columns) / width);
      const end = Math.max(first + 1, Math.floor(((x + 1) * values.columns) / width));
      let value = 0;
      for (let column = first; column < end; column++)
        value = Math.max(value, values.data[band * values.columns + column]!);
      data.set(magma(value), (row * width + x) * 3);
    }
  }
  return { width, height: values.bands, data };
}

/** Base64 without `Buffer`, so that a browser can draw, too. */
function base64(bytes: Uint8Array): string {
  const chunk = 0x8000;
  let binary = '';
  for (let start = 0; start < bytes.length; start += chunk) {
    binary += String.fromCharCode(...bytes.subarray(start, start + chunk));
  }
  return btoa(binary);
}
