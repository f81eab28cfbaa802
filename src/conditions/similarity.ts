/** @file How much each frame shows what the label names, as a curve between 0 and 1. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { strategyNames } from '../models/model-config.js';
import { embeddingAt, type FrameEmbeddings } from './frame-embeddings.js';
import { motionOf, presenceAt } from './place-sight.js';

/**
 * Texts that compete with the label in the `contrast` strategy. They name what fills a picture without sounding, so
 * that a frame must speak for the label rather than merely not against it.
 */
export const defaultBackgroundTexts: readonly string[] = [
  'an empty room',
  'a plain wall',
  'the sky',
  'grass and trees',
  'a building',
  'furniture',
  'nothing in particular',
];

/**
 * How cosines become values in 0..1. The paper binarises at 0.5 but leaves the normalisation open; these are the four
 * readings of it. `temperature`, `scale` and `shift` are in units of cosine.
 */
export const similaritySettings = z.discriminatedUnion('strategy', [
  z.strictObject({
    /** Softmax over the label and the background texts; right for sounds that last the whole clip or never start. */
    strategy: z.literal('contrast'),
    temperature: z.number().positive().default(0.05),
    background: z
      .array(z.string().min(1))
      .min(1)
      .default([...defaultBackgroundTexts]),
  }),
  /** The cosine itself, for encoders whose trained projection already brings frames into the text space. */
  z.strictObject({ strategy: z.literal('projected') }),
  /** Stretched so that each clip reaches from 0 to 1: finds the change, but always finds one. */
  z.strictObject({
    strategy: z.literal('min-max'),
    /** A curve flatter than this shows no change, and counts as 1 throughout. */
    minimumRange: z.number().nonnegative().default(0.05),
  }),
  /** Logistic of the scaled, shifted cosine: one fixed operating point for all clips. */
  z.strictObject({
    strategy: z.literal('raw'),
    scale: z.number().positive().default(30),
    shift: z.number().default(0.2),
  }),
  /** The clearest place of each picture, of encoders that were trained to tell places (place-sight.ts). */
  z.strictObject({
    strategy: z.literal('places'),
    backgroundLogit: z.number().default(-4),
    evenShare: z.number().min(0).max(1).default(0.25),
    evenPlaceShare: z.number().min(0).max(1).default(0.2),
    placeSharpness: z.number().positive().default(3),
    areaFactor: z.number().positive().default(7.4),
    areaExponent: z.number().positive().default(2),
    leastClearest: z.number().default(-2),
    sceneryMost: z.number().min(0).max(1).default(0.5),
  }),
]);
export type SimilaritySettings = z.infer<typeof similaritySettings>;
export type SimilarityStrategy = SimilaritySettings['strategy'];
export const similarityStrategies = strategyNames satisfies readonly SimilarityStrategy[];

/** Settings of a strategy with its recorded defaults. */
export function defaultSimilaritySettings<Name extends SimilarityStrategy>(
  strategy: Name,
): Extract<SimilaritySettings, { strategy: Name }> {
  return similaritySettings.parse({ strategy }) as Extract<SimilaritySettings, { strategy: Name }>;
}

/** Cosine of every frame embedding with one text embedding. @returns [T] in -1..1; 0 where a vector is zero */
export function cosineCurve(frames: FrameEmbeddings, text: Float32Array): Float32Array {
  if (text.length !== frames.width) {
    throw new FoleyError(
      'usage',
      `a label embedding of width ${text.length} does not fit frame embeddings of width ${frames.width}`,
    );
  }
  const textNorm = norm(text);
  return Float32Array.from({ length: frames.timesSeconds.length }, (_, index) => {
    const row = embeddingAt(frames, index);
    const scale = norm(row) * textNorm;
    return scale === 0 ? 0 : dot(row, text) / scale;
  });
}

/**
 * The similarity curve of a label.
 * @param label [D] embedding of the label; for `places` the label in the space of the places, [width + 1]
 * @param background [D] embeddings of `settings.background`, in that order; only `contrast` reads them
 * @returns [T] in 0..1
 */
export function similarityCurve(
  frames: FrameEmbeddings,
  label: Float32Array,
  settings: SimilaritySettings,
  background: readonly Float32Array[] = [],
): Float32Array {
  const cosines = settings.strategy === 'places' ? new Float32Array(0) : cosineCurve(frames, label);
  switch (settings.strategy) {
    case 'contrast': {
      if (background.length !== settings.background.length) {
        throw new FoleyError(
          'usage',
          `contrast needs ${settings.background.length} background embeddings, got ${background.length}`,
        );
      }
      const rivals = background.map((text) => cosineCurve(frames, text));
      return cosines.map((cosine, index) => {
        const odds = rivals.reduce(
          (sum, rival) => sum + Math.exp((rival[index]! - cosine) / settings.temperature),
          0,
        );
        return 1 / (1 + odds);
      });
    }
    case 'projected':
      return cosines.map((cosine) => Math.min(1, Math.max(0, cosine)));
    case 'min-max': {
      const low = cosines.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
      const high = cosines.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      const range = high - low;
      return cosines.map((cosine) => (range <= settings.minimumRange ? 1 : (cosine - low) / range));
    }
    case 'places': {
      if (frames.places === undefined) {
        throw new FoleyError('usage', "the similarity strategy 'places' needs frames with places");
      }
      return presenceAt(motionOf(frames.places, label, settings), frames.timesSeconds);
    }
    case 'raw':
      return cosines.map((cosine) => 1 / (1 + Math.exp(-settings.scale * (cosine - settings.shift))));
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function norm(a: Float32Array): number {
  return Math.sqrt(dot(a, a));
}
