/** @file Linear least squares with a ridge, from pairs that are added one by one. */
import { FoleyError } from '../errors/foley-error.js';

/** Fits `output = input * coefficients`; there is no constant term. */
export class LeastSquares {
  private readonly gram: Float64Array;
  private readonly moments: Float64Array;

  constructor(
    private readonly inputs: number,
    private readonly outputs: number,
  ) {
    this.gram = new Float64Array(inputs * inputs); // the lower half
    this.moments = new Float64Array(inputs * outputs);
  }

  /** @param input `[inputs]` @param output `[outputs]`; null: zeros */
  add(input: Float32Array, output: Float32Array | null, weight = 1): void {
    const { inputs, outputs, gram, moments } = this;
    for (let i = 0; i < inputs; i++) {
      const x = weight * input[i]!;
      for (let j = 0; j <= i; j++) gram[i * inputs + j]! += x * input[j]!;
      if (output === null) continue;
      for (let j = 0; j < outputs; j++) moments[i * outputs + j]! += x * output[j]!;
    }
  }

  /** Mean over the inputs of their weighted sums of squares: the measure of a ridge. */
  get meanSquare(): number {
    let trace = 0;
    for (let i = 0; i < this.inputs; i++) trace += this.gram[i * this.inputs + i]!;
    return trace / this.inputs;
  }

  /**
   * The coefficients, `[inputs, outputs]`; what was added stays.
   * @param ridge is added to the sum of squares of each input
   * @throws FoleyError `usage` where the inputs leave the coefficients open
   */
  solve(ridge: number): Float64Array {
    const { inputs, outputs } = this;
    const matrix = this.gram.slice();
    for (let i = 0; i < inputs; i++) matrix[i * inputs + i]! += ridge;
    const solution = this.moments.slice();
    solveSymmetric(matrix, inputs, solution, outputs);
    if (!solution.every(Number.isFinite)) {
      throw new FoleyError('usage', 'least squares: too few different inputs', {
        hint: 'Add more, or a ridge above 0.',
      });
    }
    return solution;
  }
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
