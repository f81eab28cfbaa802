/** @file Float32 logarithm, sine and cosine, rounded operation by operation as PyTorch's x86 build rounds them. */

/*
 * Why not Math.log and Math.cos: PyTorch's vector kernels evaluate the Cephes single-precision polynomials
 * (ATen/native/cpu/avx_mathfun.h), and the compiler fuses most multiply-adds. Their results differ from the
 * correctly rounded ones in the last bits of about 38 % of all normal samples. Reproducing the order of roundings
 * makes `randn` bit-exact, on every machine, since only IEEE-754 double operations are used.
 */

const round = Math.fround;
const roundAll = (values: readonly number[]): readonly number[] => values.map(round);

const doubleView = new Float64Array(1);
const wordView = new Uint32Array(doubleView.buffer);
const lowWord = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/**
 * `a * b + c` for float32 operands with a single rounding.
 *
 * The product is exact in a double. The double sum is rounded once more to float32; that is the correct result
 * unless the double lies exactly halfway between two floats although the true sum does not. Then the double is
 * moved by one unit towards the true sum first. Valid for normal (not subnormal) results.
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  doubleView[0] = sum;
  if ((wordView[lowWord]! & 0x1fffffff) === 0x10000000) {
    const addend = sum - product; // two-sum: the exact rounding error of product + c
    const error = product - (sum - addend) + (c - addend);
    if (error !== 0) {
      wordView[lowWord] = wordView[lowWord]! + (error > 0 === sum > 0 ? 1 : -1);
      return round(doubleView[0]!);
    }
  }
  return round(sum);
}

const floatView = new Float32Array(1);
const bitView = new Uint32Array(floatView.buffer);

const logCoefficients = roundAll([
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
]);
const ln2Low = round(-2.1219444e-4);
const ln2High = round(0.693359375);
const squareRootOfHalf = round(Math.SQRT1_2);

/** Natural logarithm of a positive, normal float32. Cephes `logf`. */
export function float32Log(argument: number): number {
  floatView[0] = argument;
  let exponent = (bitView[0]! >>> 23) - 126;
  bitView[0] = (bitView[0]! & 0x807fffff) | 0x3f000000; // mantissa in 0.5..1
  const mantissa = floatView[0]!;
  let x = round(mantissa - 1);
  if (mantissa < squareRootOfHalf) {
    exponent -= 1;
    x = round(x + mantissa);
  }
  const square = round(x * x);
  let y = logCoefficients[0]!;
  for (let index = 1; index < logCoefficients.length; index++) {
    y = fusedMultiplyAdd(y, x, logCoefficients[index]!);
  }
  y = round(y * x);
  y = fusedMultiplyAdd(y, square, round(exponent * ln2Low));
  y = fusedMultiplyAdd(square, -0.5, y);
  return fusedMultiplyAdd(exponent, ln2High, round(x + y));
}

const quarterTurn = roundAll([-0.78515625, -2.418756484985e-4, -3.774894977446e-8]);
const sineCoefficients = roundAll([-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
const cosineCoefficients = roundAll([2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
const fourOverPi = round(4 / Math.PI);

/** Sine and cosine of a float32 angle in 0..8192 rad. Cephes `sinf` and `cosf`. */
export function float32SinCos(angle: number): { readonly sin: number; readonly cos: number } {
  const octant = (Math.trunc(round(angle * fourOverPi)) + 1) & ~1;
  let x = angle;
  for (const part of quarterTurn) x = fusedMultiplyAdd(octant, part, x);
  const square = round(x * x);

  let cosine = fusedMultiplyAdd(cosineCoefficients[0]!, square, cosineCoefficients[1]!);
  cosine = round(fusedMultiplyAdd(cosine, square, cosineCoefficients[2]!) * square);
  cosine = round(fusedMultiplyAdd(cosine, square, -round(square * 0.5)) + 1);

  let sine = fusedMultiplyAdd(sineCoefficients[0]!, square, sineCoefficients[1]!);
  sine = round(fusedMultiplyAdd(sine, square, sineCoefficients[2]!) * square);
  sine = fusedMultiplyAdd(sine, x, x);

  const swapped = (octant & 2) !== 0;
  const sin = swapped ? cosine : sine;
  const cos = swapped ? sine : cosine;
  return { sin: octant & 4 ? -sin : sin, cos: (octant - 2) & 4 ? cos : -cos };
}
