/** @file The small model's encoders on an engine: MiniLM for texts, EfficientNet-Lite for frames, in one space of meaning. */
import {
  assertFrameEmbeddings,
  type EncoderFrame,
  type FrameEmbeddings,
  type ImageTextEncoder,
} from '../conditions/frame-embeddings.js';
import type { Engine, Session } from '../engine/engine.js';
import {
  div,
  floats,
  input,
  linear,
  matmul,
  maximum,
  type Program,
  program,
  softmax,
  sqrt,
  square,
  sum,
  tensor,
  type Value,
} from '../graph/index.js';
import { efficientNet, efficientNetLite } from '../models/efficientnet-lite.js';
import { type ImagePreprocessing, preprocessImage } from '../models/image-preprocessing.js';
import { miniLmL6, sentenceEncoder } from '../models/sentence-encoder.js';
import type { WordpieceTokenizer } from '../models/wordpiece-tokenizer.js';
import type { Parameters } from '../weights/parameters.js';
import type { TextStates } from './stations.js';
import type { TextStateEncoder } from './synthesizer.js';

export interface SmallEncoderParts {
  /** Identifies weights and preprocessing: embeddings are cached under it. */
  readonly id: string;
  /** Tokens of a text, padding included. */
  readonly tokens: number;
  readonly text: Parameters;
  readonly tokenizer: WordpieceTokenizer;
  readonly image: Parameters;
  readonly preprocessing: ImagePreprocessing;
}

/** Frames that go through the image tower in one run. */
const batchSize = 4;

/** Both towers; sessions open when they are first needed and stay with the engine. */
export function createSmallEncoder(
  parts: SmallEncoderParts,
  engine: Engine,
): ImageTextEncoder & TextStateEncoder {
  const lazySession = (build: () => Program): (() => Promise<Session>) => {
    let opened: Promise<Session> | null = null;
    return () => {
      opened ??= engine.compile(build(), { optimization: 'all' });
      return opened;
    };
  };
  const textSession = lazySession(() => textProgram(parts));
  const imageSession = lazySession(() => imageProgram(parts));

  const encodeText = async (text: string): Promise<{ states: Float32Array; embedding: Float32Array }> => {
    const { ids, mask } = parts.tokenizer.encode(text, parts.tokens);
    const session = await textSession();
    const { states, embedding } = await session.run({
      ids: tensor([1, parts.tokens], ids, 'int64'),
      mask: tensor([1, parts.tokens], mask),
    });
    return { states: floats(states!), embedding: floats(embedding!) };
  };

  return {
    id: parts.id,
    width: miniLmL6.width,
    imageSize: parts.preprocessing.imageSize,
    async textStates(texts) {
      const all: TextStates[] = [];
      for (const text of texts) all.push((await encodeText(text)).states);
      return all;
    },
    async embedTexts(texts) {
      const all: Float32Array[] = [];
      for (const text of texts) all.push((await encodeText(text)).embedding);
      return all;
    },
    async embedFrames(frames) {
      const session = await imageSession();
      return embedInBatches(frames, parts.preprocessing, session);
    },
  };
}

async function embedInBatches(
  frames: AsyncIterable<EncoderFrame>,
  preprocessing: ImagePreprocessing,
  session: Session,
): Promise<FrameEmbeddings> {
  const side = preprocessing.imageSize;
  const images = new Float32Array(batchSize * 3 * side * side); // [batch, 3, side, side]
  const times: number[] = [];
  const rows: Float32Array[] = [];
  let waiting = 0;
  const flush = async (): Promise<void> => {
    const { embeddings } = await session.run({ images: tensor([batchSize, 3, side, side], images) });
    rows.push(floats(embeddings!).slice(0, waiting * miniLmL6.width));
    waiting = 0;
  };
  for await (const frame of frames) {
    preprocessImage(
      frame,
      preprocessing,
      images.subarray(waiting * 3 * side * side, (waiting + 1) * 3 * side * side),
    );
    times.push(frame.timeSeconds);
    waiting++;
    if (waiting === batchSize) await flush();
  }
  if (waiting > 0) await flush();
  const data = new Float32Array(times.length * miniLmL6.width);
  let at = 0;
  for (const row of rows) {
    data.set(row, at);
    at += row.length;
  }
  const embeddings = { timesSeconds: Float64Array.from(times), width: miniLmL6.width, data };
  assertFrameEmbeddings(embeddings, 'frame embeddings');
  return embeddings;
}

function textProgram({ text, tokens }: SmallEncoderParts): Program {
  const ids = input('ids', [1, tokens], 'int64');
  const mask = input('mask', [1, tokens]);
  const { tokenStates, embedding } = sentenceEncoder(text, ids, mask, miniLmL6);
  return program('text-encoder', { inputs: [ids, mask], outputs: { states: tokenStates, embedding } });
}

/**
 * Frames -> the space of the sentence embeddings, length 1. With a trained `projection.weight`, through that; else as
 * ConSE does (Norouzi et al. 2014, arXiv 1312.5650): the mean of the class names' embeddings by their probabilities.
 */
function imageProgram({ image, preprocessing }: SmallEncoderParts): Program {
  const side = preprocessing.imageSize;
  const config = efficientNetLite.lite0;
  const images = input('images', [batchSize, 3, side, side]);
  const { features, logits } = efficientNet(image, images, config);
  const { width } = miniLmL6;
  const meant = image.has('projection.weight')
    ? linear(features, image.get('projection.weight', [width, config.features]), null)
    : matmul(softmax(logits, 1), image.get('class_embeddings.weight', [config.classes, width]));
  return program('image-encoder', { inputs: [images], outputs: { embeddings: unitLength(meant) } });
}

/** `[B, D]` -> rows of length 1. */
function unitLength(x: Value): Value {
  return div(x, maximum(sqrt(sum(square(x), [1], { keepDims: true })), 1e-12));
}
