/** @file The encoders of a model on an engine: what sees frames and finds labels among them, and what reads prompts. */
import type { Arithmetic, Engine } from '../../engine/engine.js';
import { FoleyError } from '../../errors/foley-error.js';
import { createClipEncoder, createClipTextEncoder } from '../../models/clip-image-text-encoder.js';
import type { ImageTextEncoder } from '../../models/image-text-encoder.js';
import { createSmallEncoder, type SmallEncoder } from '../../models/small-image-text-encoder.js';
import type { TextEncoder } from '../../models/text-encoder.js';
import { type Parameters, parametersOf } from '../../weights/parameters.js';
import type { FoundModel } from './found-model.js';
import { openClipImage, openClipText, openSentenceText, openSmallImage } from './open-parts.node.js';

export interface EncoderSettings {
  /** Pictures that go through the image tower together. */
  readonly frameBatch: number;
  /** Tokens merged in each layer of a vision transformer. */
  readonly tokenMerging: number;
  /** How its image tower multiplies by its matrices. */
  readonly frameArithmetic: Arithmetic;
  /** Names the image tower: SHA-256 of what it is made of. */
  readonly weightsId: string;
}

/** What sees. A model that was found without an image encoder gets one that says so when it is asked. */
export async function openSight(
  model: FoundModel,
  engine: Engine,
  settings: EncoderSettings,
): Promise<ImageTextEncoder> {
  const { imageEncoder, labelEncoder, textEncoder } = model.config;
  const { frameBatch, tokenMerging, frameArithmetic, weightsId } = settings;
  if (!model.weights.has('image_encoder')) return blindEncoder(model.name);
  if (imageEncoder.kind === 'clip') {
    const label =
      labelEncoder?.kind === 'clip'
        ? {
            ...(await openClipText(model, 'label_encoder', labelEncoder.tower, true)),
            config: labelEncoder.tower,
          }
        : null;
    return createClipEncoder({
      engine,
      image: await openClipImage(model, imageEncoder.tower),
      text: label?.parameters ?? noParameters,
      tokenizer: label?.tokenizer ?? unreadable(model.name),
      config: { image: imageEncoder.tower, text: label?.config ?? blankTower },
      weightsId,
      frameBatch,
      tokenMerging,
      frameArithmetic,
    });
  }
  if (tokenMerging > 0 || frameArithmetic === 'int8') {
    const asked = tokenMerging > 0 ? `token merging ${tokenMerging}` : 'frame arithmetic in int8';
    throw new FoleyError('usage', `${asked} needs an image encoder that is a vision transformer`, {
      hint: `The one of ${model.name} is not.`,
    });
  }
  const reader = labelEncoder ?? textEncoder;
  if (reader.kind !== 'minilm')
    throw new FoleyError('model-missing', `${model.name} has nothing that reads labels`);
  return openSmall(
    model,
    engine,
    settings,
    labelEncoder === null ? 'text_encoder' : 'label_encoder',
    reader.tokens,
  );
}

/**
 * What reads prompts.
 *
 * @param sight the small model's encoder reads prompts, too, and is not opened twice.
 */
export async function openPromptReader(
  model: FoundModel,
  engine: Engine,
  settings: EncoderSettings,
  sight: ImageTextEncoder,
): Promise<TextEncoder> {
  const { textEncoder, labelEncoder, imageEncoder } = model.config;
  if (textEncoder.kind === 'clip') {
    const { parameters, tokenizer } = await openClipText(model, 'text_encoder', textEncoder.tower, false);
    return createClipTextEncoder({
      engine,
      text: parameters,
      tokenizer,
      config: textEncoder.tower,
      weightsId: settings.weightsId,
    });
  }
  const isShared =
    labelEncoder === null && imageEncoder.kind === 'efficientnet-lite0' && model.weights.has('image_encoder');
  return isShared
    ? (sight as SmallEncoder)
    : openSmall(model, engine, settings, 'text_encoder', textEncoder.tokens);
}

async function openSmall(
  model: FoundModel,
  engine: Engine,
  { frameBatch, weightsId }: EncoderSettings,
  reader: 'text_encoder' | 'label_encoder',
  tokens: number,
): Promise<SmallEncoder> {
  const { parameters, tokenizer } = await openSentenceText(model, reader);
  const { imageEncoder } = model.config;
  const hasImage = model.weights.has('image_encoder') && imageEncoder.kind === 'efficientnet-lite0';
  return createSmallEncoder({
    engine,
    text: parameters,
    image: hasImage ? await openSmallImage(model) : noParameters,
    tokenizer,
    tokens,
    weightsId,
    frameBatch,
    ...(hasImage ? { imageSize: imageEncoder.imageSize } : {}),
  });
}

/** For a tower that nobody will ask. */
const noParameters: Parameters = parametersOf({
  has: () => false,
  resolve: (key) => {
    throw new FoleyError('model-missing', `there is no parameter ${key}: the tower was not opened`);
  },
  unused: () => [],
});

const blankTower = {
  width: 1,
  layers: 0,
  heads: 1,
  hiddenWidth: 1,
  activation: 'gelu',
  vocabularySize: 1,
  tokens: 2,
  projectionWidth: 1,
} as const;

function unreadable(name: string) {
  const refuse = (): never => {
    throw new FoleyError('model-missing', `${name} was opened without its label encoder`);
  };
  return { pieces: refuse, encode: refuse };
}

function blindEncoder(name: string): ImageTextEncoder {
  const refuse = async (): Promise<never> => {
    throw new FoleyError('model-missing', `${name} was opened without its image encoder`);
  };
  return { id: 'blind', width: 1, imageSize: 1, embedFrames: refuse, embedTexts: refuse };
}
