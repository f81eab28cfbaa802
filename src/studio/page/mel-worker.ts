/** @file Spectrograms off the page's own thread: samples in, a picture out. */
import { drawMel } from './mel-picture.js';

export interface MelQuestion {
  readonly id: string;
  /** Of the sound under this id; an answer to an older one is dropped. */
  readonly version: number;
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

export interface MelAnswer {
  readonly id: string;
  readonly version: number;
  readonly image: ImageBitmap;
  readonly durationSeconds: number;
}

self.addEventListener('message', async ({ data }: MessageEvent<MelQuestion>) => {
  const { id, version, samples, sampleRateHz } = data;
  const { width, height, pixels } = drawMel(samples, sampleRateHz);
  const image = await createImageBitmap(new ImageData(pixels, width, height));
  const answer: MelAnswer = { id, version, image, durationSeconds: samples.length / sampleRateHz };
  postMessage(answer, { transfer: [image] });
});
