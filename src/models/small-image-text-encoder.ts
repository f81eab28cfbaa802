/** @file The encoders of the small model on an engine: MiniLM for texts, EfficientNet-Lite for frames, in one space. */
import type { Engine, Session } from '../engine/engine.js';
import { concat, floats, input, program, reshape, tensor } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { classSpace } from './class-space.js';
import { efficientNetLite } from './efficientnet-lite.js';
import type { ImagePreprocessing } from './image-preprocessing.js';
import {
  batchSuffix,
  type EncoderFrame,
  embedStream,
  type FrameEmbeddings,
  type ImageTextEncoder,
  openTower,
} from './image-text-encoder.js';
import { openOnce } from './open-once.js';
import { placeBias, placeGrid, placeLabels } from './picture-places.js';
import { miniLmL6, sentenceEncoder } from './sentence-encoder.js';
import type { TextEncoder } from './text-encoder.js';
import type { WordpieceTokenizer } from './wordpiece-tokenizer.js';

/**
 * EfficientNet-Lite's own values are 127 and 128 of 255. The whole frame is shown, because what moves through a
 * picture must be seen at its edges too.
 */
export const efficientNetPreprocessing: ImagePreprocessing = {
  imageSize: 224,
  fit: 'stretch',
  mean: [127 / 255, 127 / 255, 127 / 255],
  deviation: [128 / 255, 128 / 255, 128 / 255],
};

export interface SmallEncoderParts {
  readonly engine: Engine;
  /** The sentence encoder's. */
  readonly text: Parameters;
  /** EfficientNet-Lite0's, with `class_embeddings.weight` (and trained `places`) or a trained `projection`. */
  readonly image: Parameters;
  readonly tokenizer: WordpieceTokenizer;
  /** Tokens of one text, [CLS] and [SEP] included; longer texts are cut. */
  readonly tokens: number;
  /** Names the weights, say by a digest. */
  readonly weightsId: string;
  /** Side of the square that the image network sees, in pixels; more of them find smaller things. 224 unless given. */
  readonly imageSize?: number;
  /** Pictures that go through the image network together; 1 unless given. */
  readonly frameBatch?: number;
}

export interface SmallEncoder extends ImageTextEncoder, TextEncoder {
  /** What the image network saw, before it is brought into the space of the texts: [T, 1280]. */
  embedFeatures(frames: AsyncIterable<EncoderFrame>): Promise<FrameEmbeddings>;
  close(): Promise<void>;
}

/** 1.5 kB each. */
const mostKnownTexts = 2000;

/** Both towers; each is compiled when it is first needed. */
export function createSmallEncoder(parts: SmallEncoderParts): SmallEncoder {
  const { engine, tokenizer, tokens, frameBatch = 1 } = parts;
  const preprocessing = preprocessingOf(parts);
  const { imageSize } = preprocessing;
  const text = openOnce(() => openTextSession(parts));
  const image = openTower(frameBatch, engine.runsAtOnce, (count) => openImageSession(parts, count));
  const hasPlaces = parts.image.has('places.image.weight');
  const labels = openOnce(() => openLabelSession(parts));
  const encodeTexts = async (
    texts: readonly string[],
    output: 'tokenStates' | 'embedding',
  ): Promise<Float32Array[]> => {
    const session = await text.opened();
    return Promise.all(
      texts.map(async (one) => {
        const { ids, mask } = tokenizer.encode(one, tokens);
        const feeds = { ids: tensor([1, tokens], ids, 'int64'), mask: tensor([1, tokens], mask) };
        return floats((await session.run(feeds))[output]!);
      }),
    );
  };
  /** One request asks for the names of all classes more than once, at 7 ms a text. */
  const known = new Map<string, Float32Array>();
  const embedTexts = async (texts: readonly string[]): Promise<Float32Array[]> => {
    const missing = [...new Set(texts)].filter((one) => !known.has(one));
    const found = await encodeTexts(missing, 'embedding');
    const fresh = new Map(missing.map((one, index) => [one, found[index]!.slice()]));
    const results = texts.map((one) => (fresh.get(one) ?? known.get(one))!.slice());
    if (known.size + fresh.size > mostKnownTexts) known.clear();
    for (const [one, embedding] of fresh) known.set(one, embedding);
    return results;
  };
  const embedPlaceLabels = async (texts: readonly string[]): Promise<Float32Array[]> => {
    const session = await labels.opened();
    return Promise.all(
      (await embedTexts(texts)).map(async (sentence) => {
        const outputs = await session.run({ sentence: tensor([1, miniLmL6.width], sentence) });
        return floats(outputs.label!).slice();
      }),
    );
  };
  return {
    // how pictures come to the size, and how classSpace averages, so that embeddings cached under another way are not taken for these
    id: `small-${tokens}-decoded-to-${imageSize}-${hasPlaces ? 'held-places' : 'certainty'}/${engine.device}/${parts.weightsId}${batchSuffix(frameBatch)}`,
    width: miniLmL6.width,
    tokens,
    imageSize,
    pictureFilter: 'bicubic',
    stretchesPictures: true,
    encodeTokens: (texts) => encodeTexts(texts, 'tokenStates'),
    embedTexts,
    embedFrames: async (frames) =>
      embedStream(
        image,
        'embedding',
        preprocessing,
        frames,
        hasPlaces ? { output: 'places', ...placeGrid(imageSize) } : undefined,
      ),
    ...(hasPlaces ? { embedPlaceLabels } : {}),
    embedFeatures: async (frames) => embedStream(image, 'features', preprocessing, frames),
    close: async () => {
      await text.close();
      await image.close();
      await labels.close();
    },
  };
}

function preprocessingOf({ imageSize }: SmallEncoderParts): ImagePreprocessing {
  return imageSize === undefined ? efficientNetPreprocessing : { ...efficientNetPreprocessing, imageSize };
}

async function openTextSession({ engine, text, tokens }: SmallEncoderParts): Promise<Session> {
  const ids = input('ids', [1, tokens], 'int64');
  const mask = input('mask', [1, tokens]);
  const { tokenStates, embedding } = sentenceEncoder(text, ids, mask, miniLmL6);
  return engine.compile(
    program('sentence-encoder', { inputs: [ids, mask], outputs: { tokenStates, embedding } }),
  );
}

async function openImageSession(parts: SmallEncoderParts, count: number): Promise<Session> {
  const { engine, image } = parts;
  const { imageSize } = preprocessingOf(parts);
  const images = input('image', [count, 3, imageSize, imageSize]);
  const { embedding, features, places } = classSpace(image, images, {
    network: efficientNetLite.lite0,
    width: miniLmL6.width,
  });
  const outputs = { embedding, features, ...(places === null ? {} : { places }) };
  const made = program('image-encoder', { inputs: [images], outputs });
  // `all` lays channels out in blocks: depthwise convolutions take half the time
  return engine.compile(made, { optimization: 'all' });
}

/** A label as the places see it, and the bias of its logits behind it: [placeWidth + 1]. */
async function openLabelSession({ engine, image }: SmallEncoderParts): Promise<Session> {
  const { width } = miniLmL6;
  const sentence = input('sentence', [1, width]);
  const p = image.at('places');
  const label = placeLabels(p, sentence, { features: efficientNetLite.lite0.features, width });
  const row = concat([label, reshape(placeBias(p), [1, 1])], 1); // [1, placeWidth + 1]
  return engine.compile(program('place-label', { inputs: [sentence], outputs: { label: row } }));
}
