/** @file Mel images as the autoencoder gives them back: what the vocoder will read when sound is generated. */
import { join } from 'node:path';
import { floats, input, program, tensor } from '../graph/index.js';
import { decodeLatents, encodeImage } from '../models/autoencoder.js';
import { frozenParameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import type { Corpus } from './corpus.node.js';
import { hashOf, hashOfFile } from './file-hash.node.js';
import { imageForEncoder, imageOfEncoder } from './mel-crops.js';
import { weightFileNames } from './model-folder.node.js';
import { keepRows, type Rows } from './row-cache.node.js';
import type { StageContext } from './stage-context.js';

/** Every clip of a corpus through encoder and decoder: `[bands, columns]` in 0..1, lowest band first, a row a clip. */
export async function openDecodedMels(corpus: Corpus, context: StageContext): Promise<Rows> {
  const { autoencoder } = context.model;
  const { bands, columns } = corpus;
  const weightsPath = join(context.modelFolder, weightFileNames.autoencoder);
  const key = hashOf([corpus.key, await hashOfFile(weightsPath)]);
  const shape = [1, autoencoder.imageChannels, bands, columns];
  const p = frozenParameters(await openSafetensors(weightsPath));
  const image = input('image', shape);
  const decoded = decodeLatents(p, encodeImage(p, image, autoencoder).mean, autoencoder);
  const session = await context.engine.compile(
    program('code-mel', { inputs: [image], outputs: { decoded } }),
  );
  const rows = await keepRows(
    join(context.cacheFolder, `decoded-${key}.safetensors`),
    corpus.items.length,
    bands * columns,
    async (first) => {
      const turned = imageForEncoder(await corpus.melImage(first), bands, columns);
      const outputs = await session.run({ image: tensor(shape, turned) });
      return [imageOfEncoder(floats(outputs.decoded!), bands, columns)];
    },
    (done, total) => {
      if (done % 100 === 0 || done === total) context.report(`decoded mels: ${done} of ${total}`);
    },
  );
  await session.close();
  return rows;
}
