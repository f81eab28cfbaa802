/** @file Turns decoded frames of any pixel format into upright RGB of one size, in one pass of libswscale. */
import { FoleyError } from '../errors/foley-error.js';
import type { AvFrame, Codecs } from './codecs.node.js';
import type { RotationDegrees } from './media-facts.js';
import type { FrameFilter, FrameSize } from './rgb-frame.js';

export interface FrameConverter {
  /** @returns `[height, width, 3]` RGB, a new array each time. */
  convert(frame: AvFrame): Promise<Uint8Array>;
  close(): void;
}

export interface FrameConverterOptions {
  /** Size after rotation. */
  readonly size: FrameSize;
  readonly filter: FrameFilter;
  /** How the clip's pictures have to be turned, clockwise, and then mirrored left to right. */
  readonly rotation: RotationDegrees;
  readonly isMirrored: boolean;
  readonly maxPixelsPerFrame: number;
  /** Named in errors. */
  readonly path: string;
}

const swsFlags: Readonly<Record<FrameFilter, string>> = {
  area: 'area+accurate_rnd+full_chroma_int',
  bicubic: 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp',
};

/**
 * Both filters reach as far as a shrunken pixel does (no aliasing). Matrix and range come from the frame; where the file
 * does not say, HD pictures are taken as BT.709 and smaller ones as BT.601, as players do, with limited range.
 */
export function createFrameConverter(codecs: Codecs, options: FrameConverterOptions): FrameConverter {
  const { av } = codecs;
  const scaler = new av.SoftwareScaleContext();
  scaler.allocContext(); // left open: it then follows size, format, matrix and range of each frame
  scaler.setOption('sws_flags', swsFlags[options.filter]);
  if (options.filter === 'bicubic') {
    scaler.setOption('param0', '0'); // B and C of the cubic: Pillow's, not libswscale's default of 0 and 0.6
    scaler.setOption('param1', '0.5');
  }
  const target = new av.Frame();
  target.alloc();
  const isTurned = options.rotation % 180 !== 0;
  target.width = isTurned ? options.size.height : options.size.width;
  target.height = isTurned ? options.size.width : options.size.height;
  target.format = av.AV_PIX_FMT_RGB24;
  av.FFmpegError.throwIfError(target.allocBuffer(), 'allocate picture');

  const nameColours = (frame: AvFrame) => {
    if (frame.colorSpace !== av.AVCOL_SPC_UNSPECIFIED) return;
    const isHighDefinition = frame.width >= 1280 || frame.height > 576;
    frame.colorSpace = isHighDefinition ? av.AVCOL_SPC_BT709 : av.AVCOL_SPC_SMPTE170M;
  };

  return {
    async convert(frame) {
      if (frame.width * frame.height > options.maxPixelsPerFrame) {
        throw new FoleyError(
          'limit-exceeded',
          `${options.path} decodes to ${frame.width}x${frame.height} pixels, more than the ${options.maxPixelsPerFrame} allowed`,
          { hint: 'The file says one size and holds another; do not trust it.' },
        );
      }
      nameColours(frame);
      av.FFmpegError.throwIfError(await scaler.scaleFrame(target, frame), 'convert picture');
      const plane = target.data?.[0];
      const strideBytes = target.linesize[0];
      if (plane === undefined || strideBytes === undefined)
        throw new Error('the converted picture has no data');
      return orient(plane, strideBytes, target, options.rotation, options.isMirrored);
    },
    close() {
      scaler.freeContext();
      target.free();
    },
  };
}

/**
 * Copies padded rows into a dense array, turned clockwise by `rotation` and then mirrored left to right.
 * `[size.height, strideBytes]` -> `[height, width, 3]`
 */
export function orient(
  plane: Uint8Array,
  strideBytes: number,
  size: FrameSize,
  rotation: RotationDegrees,
  isMirrored: boolean,
): Uint8Array {
  const { width, height } = size;
  const out = new Uint8Array(width * height * 3);
  if (rotation === 0 && !isMirrored) {
    for (let y = 0; y < height; y++) {
      out.set(plane.subarray(y * strideBytes, y * strideBytes + width * 3), y * width * 3);
    }
    return out;
  }
  const isTurned = rotation % 180 !== 0;
  const outWidth = isTurned ? height : width;
  const outHeight = isTurned ? width : height;
  let to = 0;
  for (let y = 0; y < outHeight; y++) {
    for (let column = 0; column < outWidth; column++) {
      const x = isMirrored ? outWidth - 1 - column : column;
      const sourceX =
        rotation === 0 ? x : rotation === 90 ? y : rotation === 180 ? width - 1 - x : width - 1 - y;
      const sourceY =
        rotation === 0 ? y : rotation === 90 ? height - 1 - x : rotation === 180 ? height - 1 - y : x;
      const from = sourceY * strideBytes + sourceX * 3;
      out[to++] = plane[from] ?? 0;
      out[to++] = plane[from + 1] ?? 0;
      out[to++] = plane[from + 2] ?? 0;
    }
  }
  return out;
}
