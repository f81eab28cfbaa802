/**
 * @file What is seen where in a picture: each place of the last feature map, in a space that it shares with labels.
 * The projection that the paper leaves to "projected" embeddings, trained on rendered scenes.
 */
import {
  add,
  div,
  linear,
  matmul,
  max,
  mean,
  mul,
  sigmoid,
  sqrt,
  sub,
  transpose,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';

/** Width of the space of places and labels. */
export const placeWidth = 64;
/** Rows of `places.bank.weight`: the labels that places were trained with, and zeros after them. */
export const bankRows = 64;
/** Rows and columns of places. */
export interface PlaceGrid {
  readonly rows: number;
  readonly columns: number;
}

/** EfficientNet halves a picture five times. */
export const placePixels = 32;

/** The places of a square picture. @param imageSize in pixels, a multiple of `placePixels` */
export function placeGrid(imageSize: number): PlaceGrid {
  const side = imageSize / placePixels;
  return { rows: side, columns: side };
}

export interface PlaceSizes {
  /** Channels of the feature map. */
  readonly features: number;
  /** Width of the sentence space. */
  readonly width: number;
}

/** What `placeEmbeddings` reads of the picture. */
export interface PicturedPlaces {
  /** [B, P, features] of the last feature map. */
  readonly positions: Value;
  /** [B, P, width], directions: the sentence embeddings of class names, weighted by the place's probabilities. */
  readonly named: Value;
  /** [B, P, 1], the largest probability of a class. */
  readonly certainty: Value;
}

/**
 * A place is a linear image of its features plus what the class names say of it, brought into the same space as a
 * label, by `places.label.weight`, after `places.mean` was taken off. Where nothing is that sounds, it is near zero.
 *
 * @param p prefix `places`.
 * @returns [B, P, placeWidth]; its product with a label of `placeLabels` is the logit of "this is seen here".
 */
export function placeEmbeddings(
  p: Parameters,
  { positions, named, certainty }: PicturedPlaces,
  sizes: PlaceSizes,
): Value {
  const { features } = sizes;
  const seen = linear(
    positions,
    p.get('image.weight', [placeWidth, features]),
    p.get('image.bias', [placeWidth]),
  );
  const words = intoPlaceSpace(p, named, sizes); // [B, P, placeWidth]
  return add(seen, mul(mul(words, sqrt(certainty)), p.get('certainty', [1])));
}

/**
 * Labels as the places see them.
 * @param p prefix `places`.
 * @param texts [N, width] sentence embeddings.
 * @returns [N, placeWidth]
 */
export function placeLabels(p: Parameters, texts: Value, sizes: PlaceSizes): Value {
  return intoPlaceSpace(p, texts, sizes);
}

/** The logit of a label that nothing in the picture speaks for, [1]. @param p prefix `places`. */
export function placeBias(p: Parameters): Value {
  return p.get('bias', [1]);
}

/**
 * The logit at which a place counts as showing something that sounds, and how sharply it does: background must come to
 * nothing, since its direction differs from clip to clip and a normalisation behind it would make it as long as anything.
 */
const soundingLogit = 0;
const soundingSharpness = 3;
/** Brings the embedding of a large thing to a length of 2 or 3, near the biases that meet it. */
const soundingScale = 0.1;
/** Keeps a picture that shows nothing at the origin. */
const leastArea = 0.02;

/**
 * The whole picture in the sentence space: the places that show something of the bank, taken together and back. Its
 * length grows with the root of the area that sounds, and is near zero where nothing does: a mean over all places
 * would be mostly background.
 *
 * @param p prefix `places`.
 * @param places [B, P, placeWidth]
 * @returns [B, width]
 */
export function soundingPlaces(p: Parameters, places: Value, { width }: PlaceSizes): Value {
  const bank = transpose(p.get('bank.weight', [bankRows, placeWidth]), [1, 0]);
  const clearest = add(max(matmul(places, bank), [2], { keepDims: true }), placeBias(p)); // [B, P, 1]
  const shares = sigmoid(mul(sub(clearest, soundingLogit), soundingSharpness));
  const area = mean(shares, [1]); // [B, 1]
  const root = sqrt(add(area, leastArea));
  const together = mul(div(mean(mul(places, shares), [1]), root), soundingScale); // [B, placeWidth]
  return matmul(together, p.get('label.weight', [placeWidth, width]));
}

function intoPlaceSpace(p: Parameters, sentences: Value, { width }: PlaceSizes): Value {
  const centred = sub(sentences, p.get('mean', [width]));
  return matmul(centred, transpose(p.get('label.weight', [placeWidth, width]), [1, 0]));
}
