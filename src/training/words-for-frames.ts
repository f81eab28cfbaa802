/**
 * @file What a frame shows, said in the text encoder's words: the projection, fitted by least squares to the states of the
 * label that is seen, so that tokens of frames are as far apart as words before the first update.
 */
import { FoleyError } from '../errors/foley-error.js';
import { LeastSquares } from './least-squares.js';

/** One frame, or the mean of a clip's, and the words for what it shows. */
export interface FrameInWords {
  /** `[embeddingDim]`. */
  readonly embedding: Float32Array;
  /** `[tokenDim]`, a mean token state of its label. */
  readonly words: Float32Array;
}

/** The first values of `image_proj`: `norm(weight * embedding + bias)` is near the words. */
export interface FittedProjection {
  /** `[tokens * tokenDim, embeddingDim]`, alike for every token of a frame. */
  readonly weight: Float32Array;
  /** `[tokens * tokenDim]`: what a picture that shows nothing says, which is what the empty text says. */
  readonly bias: Float32Array;
  /** `[tokenDim]`, weight and bias of the normalisation behind it: the spread and the mean of words. */
  readonly normWeight: Float32Array;
  readonly normBias: Float32Array;
}

/** Share of the mean square of an embedding's element that is added to the diagonal: rare directions say less. */
const ridgeShare = 0.03;
/** Beyond the fit, since least squares shrink what is uncertain, and the normalisation behind keeps directions alone. */
const decidedness = 2;
const leastSpread = 1e-3;

/**
 * Fits the projection. An embedding of zeros, which is a picture that shows nothing, says the empty text.
 *
 * @param pairs of every frame that shows what sounds
 * @param texts `[tokenDim]` each, mean token states: the empty text first, then every label once
 * @param tokensPerFrame the same words come into each
 * @throws FoleyError `usage` without pairs, or where all embeddings are zeros
 */
export function fitProjection(
  pairs: readonly FrameInWords[],
  texts: readonly [Float32Array, ...Float32Array[]],
  tokensPerFrame: number,
): FittedProjection {
  const inputs = pairs[0]?.embedding.length ?? 0;
  const outputs = texts[0].length;
  const { mean, spread } = momentsOf(texts, outputs);
  const standard = (words: Float32Array) => words.map((value, i) => (value - mean[i]!) / spread[i]!);
  const blank = standard(texts[0]);
  const fit = new LeastSquares(inputs, outputs);
  for (const { embedding, words } of pairs) {
    fit.add(
      embedding,
      standard(words).map((value, i) => value - blank[i]!),
    );
  }
  if (!(fit.meanSquare > 0)) {
    throw new FoleyError('usage', 'no frame of the training scenes shows anything', {
      hint: 'Make scenes whose sound can be seen (data scenes), and the places of the image encoder first.',
    });
  }
  const coefficients = fit.solve(ridgeShare * fit.meanSquare); // [inputs, outputs]
  const weight = new Float32Array(tokensPerFrame * outputs * inputs);
  const bias = new Float32Array(tokensPerFrame * outputs);
  for (let token = 0; token < tokensPerFrame; token++) {
    bias.set(blank, token * outputs);
    for (let j = 0; j < outputs; j++) {
      const row = (token * outputs + j) * inputs;
      for (let i = 0; i < inputs; i++) weight[row + i] = decidedness * coefficients[i * outputs + j]!;
    }
  }
  return { weight, bias, normWeight: spread, normBias: mean };
}

/** Mean and deviation of each element over the texts. */
function momentsOf(
  texts: readonly Float32Array[],
  width: number,
): { readonly mean: Float32Array; readonly spread: Float32Array } {
  const mean = new Float32Array(width);
  const spread = new Float32Array(width);
  for (let i = 0; i < width; i++) {
    const average = texts.reduce((sum, text) => sum + text[i]!, 0) / texts.length;
    const square = texts.reduce((sum, text) => sum + (text[i]! - average) ** 2, 0) / texts.length;
    mean[i] = average;
    spread[i] = Math.max(Math.sqrt(square), leastSpread);
  }
  return { mean, spread };
}
