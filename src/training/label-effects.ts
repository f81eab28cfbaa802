/**
 * @file What a label changes inside the backbone: in each cross attention, what is taken from the label's words minus what is
 * taken from other words, on average over where it sounds. Frames that know the label should bring just that.
 */
import { add, attention, div, maximum, mean, mul, reshape, sub, sum, type Value } from '../graph/index.js';
import { keyValueAt, textKeysValues } from '../models/cross-keys-values.js';
import { type ControlResiduals, unetStep, type WatchedQuery } from '../models/unet.js';
import { crossAttentionSites, type UnetConfig } from '../models/unet-config.js';
import type { Parameters } from '../weights/parameters.js';

export interface LabelEffectInputs {
  /** `[B, C, H, W]`, noisy. */
  readonly latents: Value;
  /** `[B]` */
  readonly timestep: Value;
  /** `[B, tokens, width]`: the states of the label, which the backbone is told ... */
  readonly labelText: Value;
  /** ... and of what it is compared with. */
  readonly otherText: Value;
  readonly controlResiduals: ControlResiduals | null;
  /** `[B, 1, 1, columns]`: above 0 while something sounds; a multiple of the latent columns. */
  readonly hint: Value;
}

/** So that a clip without any sound gives zeros. */
const leastSounding = 1e-6;

/**
 * Before the output projection, which the frame branch shares. For about 0.8 of its mean square it is the same wherever
 * something sounds, and 0.4 to 0.9 of that depends on the label alone (small model, 240 draws of `val` scenes): values that
 * say one thing a frame can say most of it.
 * @returns `[B, channels]` by the path of the cross attention
 */
export function labelEffects(
  p: Parameters,
  { latents, timestep, labelText, otherText, controlResiduals, hint }: LabelEffectInputs,
  config: UnetConfig,
): ReadonlyMap<string, Value> {
  const sites = crossAttentionSites(config);
  const label = textKeysValues(p, labelText, sites);
  const other = textKeysValues(p, otherText, sites);
  const asked: WatchedQuery[] = [];
  const watch = (one: WatchedQuery) => void asked.push(one);
  unetStep(p, { latents, timestep, text: label, control: controlResiduals, watch }, config);
  return new Map(
    asked.map(({ path, query, columns, heads }) => {
      const [ofLabel, ofOther] = [keyValueAt(label, path), keyValueAt(other, path)];
      const change = sub(
        attention(query, ofLabel.key, ofLabel.value, { heads }),
        attention(query, ofOther.key, ofOther.value, { heads }),
      ); // [B, rows * columns, channels]
      return [path, meanWhereSounding(change, hint, columns)];
    }),
  );
}

/** `[B, rows * columns, channels]` -> `[B, channels]` */
function meanWhereSounding(change: Value, hint: Value, columns: number): Value {
  const [batch, positions, channels] = change.shape as [number, number, number];
  const rows = positions / columns;
  const hintColumns = hint.shape[3]!;
  const parts = reshape(maximum(hint, 0), [batch, columns, hintColumns / columns]);
  const share = reshape(mean(parts, [2]), [batch, 1, columns, 1]);
  const weighted = sum(mul(reshape(change, [batch, rows, columns, channels]), share), [1, 2]); // [B, channels]
  const total = mul(sum(share, [1, 2]), rows); // [B, 1]
  return div(weighted, add(total, leastSounding));
}
