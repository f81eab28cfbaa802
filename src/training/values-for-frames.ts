/** @file The frame branch's first values, fitted: a frame's token brings into each cross attention what its label would change. */
import { LeastSquares } from './least-squares.js';

/** A token of a frame in which something sounds. */
export interface FrameToken {
  /** `[tokenDim]` */
  readonly token: Float32Array;
  readonly label: string;
  /** Scenes count alike, however long they sound. */
  readonly weight: number;
}

/** What labels change in the backbone's cross attentions. */
export interface MeasuredEffects {
  readonly sites: readonly { readonly path: string; readonly channels: number }[];
  /** By label: the channels of all sites, one after another. */
  readonly ofLabel: ReadonlyMap<string, Float32Array>;
}

/**
 * Share of the tokens' mean square that is added to the diagonal. Of the effects' mean square in the 7 sites of the small
 * model, 0.1 to 0.4 is explained on `val` scenes with 1, and -0.02 to 0.38 with 0.001.
 */
const ridgeShare = 1;
/** How much the blank token weighs against all others together: a picture that shows nothing changes nothing. */
const blankWeight = 10;

/**
 * @param tokens those of labels without measured effects are left out
 * @param blank `[tokenDim]`: the token of a picture that shows nothing
 * @returns `[channels, tokenDim]` by path, for `to_v_ip.weight`
 * @throws FoleyError `usage` where the tokens are all alike
 */
export function fitValues(
  tokens: readonly FrameToken[],
  blank: Float32Array,
  { sites, ofLabel }: MeasuredEffects,
): ReadonlyMap<string, Float32Array> {
  const inputs = blank.length;
  const fit = new LeastSquares(
    inputs,
    sites.reduce((total, { channels }) => total + channels, 0),
  );
  let spread = 0; // mean square of a token's distance from the blank one
  let total = 0;
  for (const { token, label, weight } of tokens) {
    const effect = ofLabel.get(label);
    if (effect === undefined) continue;
    fit.add(token, effect, weight);
    total += weight;
    for (let i = 0; i < inputs; i++) spread += (weight * (token[i]! - blank[i]!) ** 2) / inputs;
  }
  fit.add(blank, null, blankWeight * total);
  const coefficients = fit.solve(ridgeShare * spread); // [tokenDim, all channels]
  const values = new Map<string, Float32Array>();
  let offset = 0;
  for (const { path, channels } of sites) {
    values.set(path, columnsOf(coefficients, inputs, offset, channels));
    offset += channels;
  }
  return values;
}

/** Some columns of `[rows, ...]`, as rows: `[count, rows]`. */
function columnsOf(matrix: Float64Array, rows: number, from: number, count: number): Float32Array {
  const width = matrix.length / rows;
  return Float32Array.from(
    { length: count * rows },
    (_, at) => matrix[(at % rows) * width + from + Math.floor(at / rows)]!,
  );
}
