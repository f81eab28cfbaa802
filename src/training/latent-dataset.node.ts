/** @file Mixtures as the diffusion stages see them: cached latents, cached caption states, and what is known of each clip. */
import type { SeededRandom } from '../data/seeded-random.js';
import { type Tensor, tensor } from '../graph/index.js';
import type { CorpusItem } from './corpus.node.js';
import type { CorpusConfig } from './corpus-config.js';
import { NoiseDraw } from './diffusion-loss.js';
import { latentShapeOf, openLatents, openMelEncoder } from './latent-cache.node.js';
import { openCorpora } from './open-corpora.node.js';
import type { Rows } from './row-cache.node.js';
import type { StageContext } from './stage-context.js';
import { openTextStates, type TextStates } from './text-states.node.js';

export interface LatentSplit {
  readonly rows: Rows;
  readonly items: readonly CorpusItem[];
}

export interface LatentDataset {
  readonly train: LatentSplit;
  readonly validation: LatentSplit;
  readonly text: TextStates;
}

/** How the text of a clip is chosen while training. */
export interface TextChoice {
  /** Share of clips with the empty text, for guidance. */
  readonly textDropout: number;
  /** Share of the others with the bare label, which is what people type, in place of the caption. */
  readonly labelShare: number;
}

/** As validation has it. */
export const captionsOnly: TextChoice = { textDropout: 0, labelShare: 0 };

/** The text that a clip is trained with this time. */
export function drawText(
  item: CorpusItem,
  { textDropout, labelShare }: TextChoice,
  random: SeededRandom,
): string {
  if (random.chance(textDropout)) return '';
  return labelShare > 0 && random.chance(labelShare) ? item.label : item.caption;
}

/** Opens or makes the caches of a configuration. `furtherTexts` are encoded beside the captions. */
export async function openLatentDataset(
  config: CorpusConfig,
  furtherTexts: readonly string[],
  context: StageContext,
): Promise<LatentDataset> {
  const corpora = await openCorpora(config, context);
  const encoder = await openMelEncoder(context);
  const splitOf = async (corpus: (typeof corpora)['train']): Promise<LatentSplit> => {
    const rows = await openLatents(corpus, encoder, context);
    await corpus.close();
    return { rows, items: corpus.items };
  };
  const train = await splitOf(corpora.train);
  const validation = await splitOf(corpora.validation);
  await encoder.close();
  const texts = [...train.items, ...validation.items].flatMap((item) => [item.caption, item.label]);
  return { train, validation, text: await openTextStates([...texts, ...furtherTexts], context) };
}

/** Every so many rows are looked at for the deviation of the latents. */
const deviationStride = 4;

/** What latents are multiplied by so that their deviation is one. */
export function scalingFactorOf(rows: Rows): number {
  return 1 / rows.deviation(deviationStride);
}

/** A batch of clips with noise added, and which clips they are. */
export interface DrawnClips {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly indices: readonly number[];
}

/** Draws clips of a split, each as likely; noise and steps after them. */
export function drawClips(
  split: LatentSplit,
  batchSize: number,
  scalingFactor: number,
  context: StageContext,
  random: SeededRandom,
): DrawnClips {
  const indices = Array.from({ length: batchSize }, () => random.integer(0, split.rows.count - 1));
  const clean = indices.map((index) => {
    const row = new Float32Array(split.rows.width);
    split.rows.copyTo(index, row, 0, scalingFactor);
    return row;
  });
  return {
    feeds: new NoiseDraw(context.model.diffusion).feeds(clean, latentShapeOf(context), random),
    indices,
  };
}

/** Token states of several texts, `[texts, tokens, width]`. */
export function textTensor(text: TextStates, texts: readonly string[]): Tensor {
  const size = text.tokens * text.width;
  const data = new Float32Array(texts.length * size);
  texts.forEach((one, i) => {
    text.copyTo(one, data, i * size);
  });
  return tensor([texts.length, text.tokens, text.width], data);
}
