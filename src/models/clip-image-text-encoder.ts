/** @file CLIP on an engine: frames and labels in one space, and the prompt states that diffusion models read. */
import type { Arithmetic, Engine, Session } from '../engine/engine.js';
import { floats, input, program, tensor } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import {
  type ClipImageConfig,
  type ClipTextConfig,
  clipImageEmbedding,
  clipTextEmbedding,
  clipTextStates,
} from './clip.js';
import type { ClipTokenizer } from './clip-tokenizer.js';
import { clipPreprocessing } from './image-preprocessing.js';
import { batchSuffix, embedStream, type ImageTextEncoder, openTower } from './image-text-encoder.js';
import { openOnce } from './open-once.js';
import type { TextEncoder } from './text-encoder.js';

export interface ClipEncoderParts {
  readonly engine: Engine;
  /** Holds `text_model` and `text_projection`: CLIPTextModelWithProjection, or CLIPModel with both towers. */
  readonly text: Parameters;
  /** Holds `vision_model` and `visual_projection`: CLIPVisionModelWithProjection, or CLIPModel. */
  readonly image: Parameters;
  readonly tokenizer: ClipTokenizer;
  readonly config: { readonly text: ClipTextConfig; readonly image: ClipImageConfig };
  /** Names the weights, say by the revision they were fetched at. */
  readonly weightsId: string;
  /** Pictures that go through the image tower together; 1 unless given. */
  readonly frameBatch?: number;
  /** Tokens merged in each layer of the image tower; none unless given. */
  readonly tokenMerging?: number;
  /** `int8`: the image tower multiplies by its matrices in 8 bits. */
  readonly frameArithmetic?: Arithmetic;
}

export interface ClipEncoder extends ImageTextEncoder {
  close(): Promise<void>;
}

/**
 * Both towers of one CLIP. Each is open only while it is asked, because full-size towers take gigabytes that the next
 * station needs, and open in a fraction of a second. Embeddings are not normalised, as published.
 */
export function createClipEncoder(parts: ClipEncoderParts): ClipEncoder {
  const { engine, config, weightsId, frameBatch = 1, tokenMerging = 0, frameArithmetic = 'float32' } = parts;
  const merging = tokenMerging === 0 ? '' : `/merging-${tokenMerging}`;
  const arithmetic = frameArithmetic === 'float32' ? '' : `/${frameArithmetic}`;
  const preprocessing = { ...clipPreprocessing, imageSize: config.image.imageSize };
  const image = openTower(frameBatch, engine.runsAtOnce, (count) => openImageSession(parts, count));
  const text = openOnce(() => openTextSession(parts));
  return {
    id: `clip-${config.image.width}-${config.image.layers}/${engine.device}/${weightsId}${batchSuffix(frameBatch)}${merging}${arithmetic}`,
    width: config.image.projectionWidth,
    imageSize: config.image.imageSize,
    pictureFilter: 'bicubic',
    embedFrames: (frames) =>
      embedStream(image, 'embedding', preprocessing, frames).finally(() => image.close()),
    embedTexts: async (texts) =>
      encode(await text.opened(), 'embedding', parts.tokenizer, texts, config.text.tokens).finally(() =>
        text.close(),
      ),
    close: async () => {
      await image.close();
      await text.close();
    },
  };
}

export interface ClipTextEncoder extends TextEncoder {
  close(): Promise<void>;
}

/** The text tower alone, without projection and open only while it is asked: the text encoder of Stable Diffusion and of Auffusion. */
export function createClipTextEncoder(parts: {
  readonly engine: Engine;
  readonly text: Parameters;
  readonly tokenizer: ClipTokenizer;
  readonly config: ClipTextConfig;
  readonly weightsId: string;
}): ClipTextEncoder {
  const { engine, tokenizer, config, weightsId } = parts;
  const session = openOnce(() => {
    const ids = input('ids', [1, config.tokens], 'int64');
    const states = clipTextStates(parts.text, ids, config);
    return engine.compile(program('clip-text-states', { inputs: [ids], outputs: { states } }));
  });
  return {
    id: `clip-text-${config.width}-${config.layers}/${engine.device}/${weightsId}`,
    tokens: config.tokens,
    width: config.width,
    encodeTokens: async (texts) =>
      encode(await session.opened(), 'states', tokenizer, texts, config.tokens).finally(() =>
        session.close(),
      ),
    close: () => session.close(),
  };
}

async function encode(
  session: Session,
  output: string,
  tokenizer: ClipTokenizer,
  texts: readonly string[],
  length: number,
): Promise<Float32Array[]> {
  const needsEnd = session.program.inputs.some(({ name }) => name === 'atEnd');
  const results: Float32Array[] = [];
  for (const text of texts) {
    const encoded = tokenizer.encode(text, length);
    const ids = tensor([1, length], encoded.ids, 'int64');
    const feeds = needsEnd ? { ids, atEnd: tensor([1, length], encoded.atEnd) } : { ids };
    results.push(floats((await session.run(feeds))[output]!));
  }
  return results;
}

async function openImageSession(
  { engine, image, config, tokenMerging, frameArithmetic = 'float32' }: ClipEncoderParts,
  count: number,
): Promise<Session> {
  const { imageSize } = config.image;
  const pixels = input('image', [count, 3, imageSize, imageSize]);
  const embedding = clipImageEmbedding(image, pixels, config.image, tokenMerging);
  return engine.compile(program('clip-image', { inputs: [pixels], outputs: { embedding } }), {
    arithmetic: frameArithmetic,
  });
}

async function openTextSession({ engine, text, config }: ClipEncoderParts): Promise<Session> {
  const { tokens } = config.text;
  const ids = input('ids', [1, tokens], 'int64');
  const atEnd = input('atEnd', [1, tokens]);
  const embedding = clipTextEmbedding(text, clipTextStates(text, ids, config.text), atEnd, config.text);
  return engine.compile(program('clip-text', { inputs: [ids, atEnd], outputs: { embedding } }));
}
