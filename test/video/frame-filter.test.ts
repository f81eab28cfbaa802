import { expect, it } from 'vitest';
import { resizeBicubic } from '../../src/models/image-preprocessing.js';
import { type FrameFit, frameStream, openMedia, type RgbFrame } from '../../src/video/index.js';

async function firstFrame(fit: FrameFit): Promise<RgbFrame> {
  const media = await openMedia('examples/city-night.mp4');
  try {
    for await (const frame of frameStream(media, { endSeconds: 0.1, framesPerSecond: 10, fit })) return frame;
  } finally {
    media.close();
  }
  throw new Error('no frame');
}

/** Root mean square difference of two pictures, of 255. */
function difference(a: RgbFrame, b: { readonly data: Uint8Array }): number {
  const squares = a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0);
  return Math.sqrt(squares / a.data.length);
}

it('shrinks with the filter through which published encoders see', async () => {
  const whole = await firstFrame({ kind: 'native' });
  const bicubic = await firstFrame({ kind: 'shortest-side', pixels: 224, filter: 'bicubic' });
  const area = await firstFrame({ kind: 'shortest-side', pixels: 224 });
  const pillow = resizeBicubic(whole, bicubic.width, bicubic.height);
  // measured 0.8 and 2.5: the decoder's pictures have half their colour resolution, and are shrunk before they are RGB
  expect(difference(bicubic, pillow)).toBeLessThan(1.2);
  expect(difference(area, pillow)).toBeGreaterThan(2);
});
