import { describe, expect, it } from 'vitest';
import { type AvFrame, type Codecs, loadCodecs } from '../../src/video/codecs.node.js';
import { createFrameConverter } from '../../src/video/frame-converter.node.js';

type Layout = 'YUV420P' | 'YUV422P' | 'YUV444P' | 'YUV420P10LE' | 'YUV444P10LE' | 'NV12' | 'YUVJ420P';

/** One colour, `[Y', Cb, Cr]` in 8 bits, as a frame of the given pixel format. */
function colourFrame(
  { av }: Codecs,
  layout: Layout,
  width: number,
  height: number,
  colour: readonly number[],
): AvFrame {
  const frame = new av.Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = av[`AV_PIX_FMT_${layout}`];
  av.FFmpegError.throwIfError(frame.allocBuffer(), 'allocate');
  const isDeep = layout.endsWith('10LE');
  (frame.data ?? []).forEach((plane, index) => {
    for (let at = 0; at < plane.length; at++) {
      const value = layout === 'NV12' && index === 1 ? colour[1 + (at % 2)] : colour[index];
      if (isDeep) plane[at] = at % 2 === 0 ? ((value ?? 0) << 2) & 255 : (value ?? 0) >> 6;
      else plane[at] = value ?? 0;
    }
  });
  return frame;
}

async function middle(frame: AvFrame, codecs: Codecs): Promise<number[]> {
  const size = { width: 32, height: 24 };
  const options = {
    size,
    filter: 'area',
    rotation: 0,
    isMirrored: false,
    maxPixelsPerFrame: 1e9,
    path: 'test',
  } as const;
  const converter = createFrameConverter(codecs, options);
  const rgb = await converter.convert(frame);
  converter.close();
  frame.free();
  expect(rgb).toHaveLength(32 * 24 * 3);
  const at = (12 * 32 + 16) * 3;
  return [...rgb.subarray(at, at + 3)];
}

/** Eight-bit chroma and libswscale's fixed point leave up to 4 of 255; a wrong matrix is off by 20 and more. */
function expectColour(found: readonly number[], expected: readonly number[]): void {
  found.forEach((value, index) => {
    expect(Math.abs(value - (expected[index] ?? Number.NaN)), `${found} for ${expected}`).toBeLessThanOrEqual(
      4,
    );
  });
}

describe('createFrameConverter', () => {
  // Y'CbCr of pure red and a mid green, from the matrices of BT.601 and BT.709.
  it.each([
    ['BT.601 limited', 'AVCOL_SPC_SMPTE170M', 'AVCOL_RANGE_MPEG', [81, 90, 240], [255, 0, 0]],
    ['BT.709 limited', 'AVCOL_SPC_BT709', 'AVCOL_RANGE_MPEG', [63, 102, 240], [255, 0, 0]],
    ['BT.601 full', 'AVCOL_SPC_SMPTE170M', 'AVCOL_RANGE_JPEG', [76, 85, 255], [255, 0, 0]],
    ['BT.709 full', 'AVCOL_SPC_BT709', 'AVCOL_RANGE_JPEG', [54, 99, 255], [255, 0, 0]],
    ['BT.601 limited green', 'AVCOL_SPC_SMPTE170M', 'AVCOL_RANGE_MPEG', [80, 91, 81], [0, 128, 0]],
    ['BT.709 limited green', 'AVCOL_SPC_BT709', 'AVCOL_RANGE_MPEG', [95, 85, 77], [0, 128, 0]],
  ] as const)('converts %s', async (_, matrix, range, colour, expected) => {
    const codecs = await loadCodecs();
    const frame = colourFrame(codecs, 'YUV420P', 64, 48, colour);
    frame.colorSpace = codecs.av[matrix];
    frame.colorRange = codecs.av[range];
    expectColour(await middle(frame, codecs), expected);
  });

  it.each(['YUV420P', 'YUV422P', 'YUV444P', 'YUV420P10LE', 'YUV444P10LE', 'NV12'] as const)(
    'reads the pixel format %s, also in odd sizes',
    async (layout) => {
      const codecs = await loadCodecs();
      for (const [width, height] of [
        [64, 48],
        [131, 77],
      ] as const) {
        const frame = colourFrame(codecs, layout, width, height, [81, 90, 240]);
        expectColour(await middle(frame, codecs), [255, 0, 0]);
      }
    },
  );

  it('takes unnamed HD pictures as BT.709 and smaller ones as BT.601; the JPEG formats are full range', async () => {
    const codecs = await loadCodecs();
    expectColour(
      await middle(colourFrame(codecs, 'YUV420P', 1280, 720, [63, 102, 240]), codecs),
      [255, 0, 0],
    );
    expectColour(await middle(colourFrame(codecs, 'YUV420P', 720, 576, [81, 90, 240]), codecs), [255, 0, 0]);
    expectColour(await middle(colourFrame(codecs, 'YUVJ420P', 64, 48, [76, 85, 255]), codecs), [255, 0, 0]);
  });

  it('refuses a picture that is larger than it may be', async () => {
    const codecs = await loadCodecs();
    const size = { width: 32, height: 24 };
    const converter = createFrameConverter(codecs, {
      size,
      filter: 'area',
      rotation: 0,
      isMirrored: false,
      maxPixelsPerFrame: 3000,
      path: 'x.mp4',
    });
    const frame = colourFrame(codecs, 'YUV420P', 64, 48, [16, 128, 128]);
    await expect(converter.convert(frame)).rejects.toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringMatching(/x\.mp4 decodes to 64x48/),
    });
    frame.free();
    converter.close();
  });

  it('averages over areas when it shrinks: a checkerboard of single pixels turns grey', async () => {
    const codecs = await loadCodecs();
    const frame = colourFrame(codecs, 'YUV444P', 256, 192, [16, 128, 128]);
    const plane = frame.data?.[0];
    const stride = frame.linesize[0] ?? 0;
    for (let y = 0; y < 192; y++)
      for (let x = 0; x < 256; x++) if (plane) plane[y * stride + x] = (x + y) % 2 ? 235 : 16;
    const grey = await middle(frame, codecs);
    for (const value of grey) expect(Math.abs(value - 127)).toBeLessThanOrEqual(4);
  });
});
