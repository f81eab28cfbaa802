/** @file The latents of a corpus: every clip through the frozen encoder, once. */
import { join } from 'node:path';
import { floats, input, program, tensor } from '../graph/index.js';
import { encodeImage, latentStride } from '../models/autoencoder.js';
import { frozenParameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import type { Corpus } from './corpus.node.js';
import { hashOf, hashOfFile } from './file-hash.node.js';
import { imageForEncoder } from './mel-crops.js';
import { weightFileNames } from './model-folder.node.js';
import { keepRows, type Rows } from './row-cache.node.js';
import type { StageContext } from './stage-context.js';

/** Shape of the latents of one clip, `[C, H, W]`. */
export function latentShapeOf(context: StageContext): readonly [number, number, number] {
  const { autoencoder, mel } = context.model;
  const stride = latentStride(autoencoder);
  return [autoencoder.latentChannels, mel.bands / stride, mel.columns / stride];
}

/** Encodes mel images (0..1, lowest band first) to the means of their latents. */
export interface MelEncoder {
  encode(image: Float32Array): Promise<Float32Array>;
  /** Names the weights. */
  readonly key: string;
  close(): Promise<void>;
}

export async function openMelEncoder(context: StageContext): Promise<MelEncoder> {
  const { autoencoder, mel } = context.model;
  const path = join(context.modelFolder, weightFileNames.autoencoder);
  const p = frozenParameters(await openSafetensors(path));
  const shape = [1, autoencoder.imageChannels, mel.bands, mel.columns];
  const image = input('image', shape);
  const { mean } = encodeImage(p, image, autoencoder);
  const session = await context.engine.compile(program('encode-mel', { inputs: [image], outputs: { mean } }));
  return {
    key: await hashOfFile(path),
    async encode(values) {
      const turned = imageForEncoder(values, mel.bands, mel.columns);
      const outputs = await session.run({ image: tensor(shape, turned) });
      return floats(outputs.mean!);
    },
    close: () => session.close(),
  };
}

/** Unscaled latents, a row a clip. */
export async function openLatents(corpus: Corpus, encoder: MelEncoder, context: StageContext): Promise<Rows> {
  const width = latentShapeOf(context).reduce((product, size) => product * size, 1);
  const path = join(context.cacheFolder, `latents-${hashOf([corpus.key, encoder.key])}.safetensors`);
  return keepRows(
    path,
    corpus.items.length,
    width,
    async (first) => [await encoder.encode(await corpus.melImage(first))],
    (done, total) => {
      if (done % 100 === 0 || done === total) context.report(`latents: ${done} of ${total}`);
    },
  );
}
