/**
 * @file Where the frame adapter begins: what a frame shows, said in the text encoder's words. The projection is fitted by
 * least squares to the states of the label that is seen, so that the backbone's keys and values for words, copied beside
 * it (`frameAdapterCopies`), understand frames before the first update.
 */
import { FoleyError } from '../errors/foley-error.js';

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
  const gram = new Float64Array(inputs * inputs);
  const moments = new Float64Array(inputs * outputs);
  for (const { embedding, words } of pairs) {
    const target = standard(words).map((value, i) => value - blank[i]!);
    for (let i = 0; i < inputs; i++) {
      const x = embedding[i]!;
      for (let j = 0; j <= i; j++) gram[i * inputs + j]! += x * embedding[j]!;
      for (let j = 0; j < outputs; j++) moments[i * outputs + j]! += x * target[j]!;
    }
  }
  let trace = 0;
  for (let i = 0; i < inputs; i++) trace += gram[i * inputs + i]!;
  if (!(trace > 0)) {
    throw new FoleyError('usage', 'no frame of the training scenes shows anything', {
      hint: 'Make scenes whose sound can be seen (data scenes), and the places of the image encoder first.',
    });
  }
  for (let i = 0; i < inputs; i++) gram[i * inputs + i]! += (ridgeShare * trace) / inputs;
  solveSymmetric(gram, inputs, moments, outputs); // moments: [inputs, outputs]
  const weight = new Float32Array(tokensPerFrame * outputs * inputs);
  const bias = new Float32Array(tokensPerFrame * outputs);
  for (let token = 0; token < tokensPerFrame; token++) {
    bias.set(blank, token * outputs);
    for (let j = 0; j < outputs; j++) {
      const row = (token * outputs + j) * inputs;
      for (let i = 0; i < inputs; i++) weight[row + i] = decidedness * moments[i * outputs + j]!;
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

/**
 * Solves `matrix * X = right` in place of `right`, by Cholesky's factors.
 * @param matrix positive definite `[n, n]`; the lower half is read, and overwritten
 * @param right `[n, columns]`
 */
function solveSymmetric(matrix: Float64Array, n: number, right: Float64Array, columns: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) addRow(right, columns, i, k, -matrix[i * n + k]!);
    scaleRow(right, columns, i, 1 / matrix[i * n + i]!);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) addRow(right, columns, i, k, -matrix[k * n + i]!);
    scaleRow(right, columns, i, 1 / matrix[i * n + i]!);
  }
}

/** Row `to` += factor * row `from`. */
function addRow(rows: Float64Array, columns: number, to: number, from: number, factor: number): void {
  for (let c = 0; c < columns; c++) rows[to * columns + c]! += factor * rows[from * columns + c]!;
}

function scaleRow(rows: Float64Array, columns: number, row: number, factor: number): void {
  for (let c = 0; c < columns; c++) rows[row * columns + c]! *= factor;
}
