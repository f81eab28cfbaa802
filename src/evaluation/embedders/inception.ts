/** @file Inception v3 for mel pictures: one channel, and no pooling before the first mixed block. */
import {
  add,
  averagePool2d,
  concat,
  globalAveragePool2d,
  linear,
  maxPool2d,
  pad,
  relu,
  type Value,
} from '../../graph/index.js';
import type { Parameters } from '../../weights/parameters.js';
import { convolveNormalised } from './batch-norm.js';

// Szegedy et al. 2016 as torchvision's Inception3 has it; changes and key names: v-iashin/SpecVQGAN,
// melception-21-05-10T09-28-40.pt.

const normEpsilon = 1e-3;

export interface MelceptionConfig {
  /** Every number of channels is divided by this; 1 for the published network. */
  readonly narrowing: number;
  readonly classes: number;
}

/** VGGSound's 309 classes. */
export const melceptionConfig: MelceptionConfig = { narrowing: 1, classes: 309 };

export interface MelceptionOutput {
  /** `[B, 2048]`, the space of FID and KID. */
  readonly embedding: Value;
  /** `[B, 309]`: what KL reads. */
  readonly logits: Value;
  /** `[B, 309]` without the last bias: what the inception score reads. */
  readonly unbiasedLogits: Value;
}

interface UnitOptions {
  readonly kernel?: readonly [number, number];
  readonly stride?: number;
  readonly padding?: readonly [number, number];
}

/** Convolution, normalisation, activation; size 1 unless given. */
type Unit = (p: Parameters, x: Value, channels: number, options?: UnitOptions) => Value;

function unitsOf({ narrowing }: MelceptionConfig): Unit {
  return (p, x, channels, { kernel = [1, 1] as const, ...options } = {}) => {
    const settings = { kernel, eps: normEpsilon, ...options };
    return relu(convolveNormalised(p.at('conv'), p.at('bn'), x, channels / narrowing, settings));
  };
}

const square = (size: number): UnitOptions => ({
  kernel: [size, size],
  padding: [(size - 1) / 2, (size - 1) / 2],
});
const wide = (size: number): UnitOptions => ({ kernel: [1, size], padding: [0, (size - 1) / 2] });
const tall = (size: number): UnitOptions => ({ kernel: [size, 1], padding: [(size - 1) / 2, 0] });
const halving: UnitOptions = { kernel: [3, 3], stride: 2 };

/** Mean over 3 x 3, zeros around the picture counted in. */
function smooth(x: Value): Value {
  const padded = pad(x, [
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
  return averagePool2d(padded, { kernel: 3, stride: 1 });
}

function inceptionA(unit: Unit, p: Parameters, x: Value, poolChannels: number): Value {
  const five = unit(p.at('branch5x5_2'), unit(p.at('branch5x5_1'), x, 48), 64, square(5));
  let three = unit(p.at('branch3x3dbl_1'), x, 64);
  three = unit(p.at('branch3x3dbl_2'), three, 96, square(3));
  three = unit(p.at('branch3x3dbl_3'), three, 96, square(3));
  const pooled = unit(p.at('branch_pool'), smooth(x), poolChannels);
  return concat([unit(p.at('branch1x1'), x, 64), five, three, pooled], 1);
}

function inceptionB(unit: Unit, p: Parameters, x: Value): Value {
  let twice = unit(p.at('branch3x3dbl_1'), x, 64);
  twice = unit(p.at('branch3x3dbl_2'), twice, 96, square(3));
  twice = unit(p.at('branch3x3dbl_3'), twice, 96, halving);
  return concat([unit(p.at('branch3x3'), x, 384, halving), twice, maxPool2d(x, { kernel: 3, stride: 2 })], 1);
}

function inceptionC(unit: Unit, p: Parameters, x: Value, inner: number): Value {
  let seven = unit(p.at('branch7x7_1'), x, inner);
  seven = unit(p.at('branch7x7_2'), seven, inner, wide(7));
  seven = unit(p.at('branch7x7_3'), seven, 192, tall(7));
  let twice = unit(p.at('branch7x7dbl_1'), x, inner);
  twice = unit(p.at('branch7x7dbl_2'), twice, inner, tall(7));
  twice = unit(p.at('branch7x7dbl_3'), twice, inner, wide(7));
  twice = unit(p.at('branch7x7dbl_4'), twice, inner, tall(7));
  twice = unit(p.at('branch7x7dbl_5'), twice, 192, wide(7));
  const pooled = unit(p.at('branch_pool'), smooth(x), 192);
  return concat([unit(p.at('branch1x1'), x, 192), seven, twice, pooled], 1);
}

function inceptionD(unit: Unit, p: Parameters, x: Value): Value {
  const three = unit(p.at('branch3x3_2'), unit(p.at('branch3x3_1'), x, 192), 320, halving);
  let seven = unit(p.at('branch7x7x3_1'), x, 192);
  seven = unit(p.at('branch7x7x3_2'), seven, 192, wide(7));
  seven = unit(p.at('branch7x7x3_3'), seven, 192, tall(7));
  seven = unit(p.at('branch7x7x3_4'), seven, 192, halving);
  return concat([three, seven, maxPool2d(x, { kernel: 3, stride: 2 })], 1);
}

function inceptionE(unit: Unit, p: Parameters, x: Value): Value {
  const both = (name: string, from: Value) => [
    unit(p.at(`${name}a`), from, 384, wide(3)),
    unit(p.at(`${name}b`), from, 384, tall(3)),
  ];
  const three = unit(p.at('branch3x3_1'), x, 384);
  const twice = unit(p.at('branch3x3dbl_2'), unit(p.at('branch3x3dbl_1'), x, 448), 384, square(3));
  return concat(
    [
      unit(p.at('branch1x1'), x, 320),
      ...both('branch3x3_2', three),
      ...both('branch3x3dbl_3', twice),
      unit(p.at('branch_pool'), smooth(x), 192),
    ],
    1,
  );
}

/** @param pictures `[B, 1, 80, columns]`, standardised; columns from 43 */
export function melception(
  p: Parameters,
  pictures: Value,
  config: MelceptionConfig = melceptionConfig,
): MelceptionOutput {
  const unit = unitsOf(config);
  let x = unit(p.at('Conv2d_1a_3x3'), pictures, 32, halving);
  x = unit(p.at('Conv2d_2a_3x3'), x, 32, { kernel: [3, 3] });
  x = unit(p.at('Conv2d_2b_3x3'), x, 64, square(3));
  x = unit(p.at('Conv2d_3b_1x1'), x, 80);
  x = unit(p.at('Conv2d_4a_3x3'), x, 192, { kernel: [3, 3] });
  x = inceptionA(unit, p.at('Mixed_5b'), x, 32);
  x = inceptionA(unit, p.at('Mixed_5c'), x, 64);
  x = inceptionA(unit, p.at('Mixed_5d'), x, 64);
  x = inceptionB(unit, p.at('Mixed_6a'), x);
  for (const [name, inner] of [
    ['b', 128],
    ['c', 160],
    ['d', 160],
    ['e', 192],
  ] as const) {
    x = inceptionC(unit, p.at(`Mixed_6${name}`), x, inner);
  }
  x = inceptionD(unit, p.at('Mixed_7a'), x);
  x = inceptionE(unit, p.at('Mixed_7b'), x);
  x = inceptionE(unit, p.at('Mixed_7c'), x);
  const embedding = globalAveragePool2d(x);
  const unbiasedLogits = linear(embedding, p.get('fc.weight', [config.classes, embedding.shape[1]!]), null);
  const logits = add(unbiasedLogits, p.get('fc.bias', [config.classes]));
  return { embedding, logits, unbiasedLogits };
}
