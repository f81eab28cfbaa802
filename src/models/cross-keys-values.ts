/**
 * @file Keys and values of every cross attention, made once a generation: they depend on the text or the frames, never
 * on the step. One program can make them and another take them as inputs under the same names.
 */
import { FoleyError } from '../errors/foley-error.js';
import { input, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { dense } from './layers.js';
import type { KeyValue } from './transformer-block.js';
import type { CrossAttentionSite } from './unet-config.js';

/** By the path of the cross attention. */
export type SiteKeysValues = ReadonlyMap<string, KeyValue>;

/**
 * Text keys and values.
 * @param p the UNet's or the ControlNet's parameters (each has its own projections).
 * @param textStates `[B, tokens, crossAttentionDim]`.
 * @param sites `crossAttentionSites(config)`, or `controlNetSites(config)` for a ControlNet.
 */
export function textKeysValues(
  p: Parameters,
  textStates: Value,
  sites: readonly CrossAttentionSite[],
): SiteKeysValues {
  return new Map(
    sites.map(({ path, channels }) => {
      const site = p.at(path);
      const key = dense(site.at('to_k'), textStates, channels, { bias: false });
      const value = dense(site.at('to_v'), textStates, channels, { bias: false });
      return [path, { key, value }];
    }),
  );
}

/** Names for the outputs of the program that makes keys and values, e.g. `text:mid_block...attn2:key`. */
export function keysValuesAsOutputs(prefix: string, keysValues: SiteKeysValues): Record<string, Value> {
  const outputs: Record<string, Value> = {};
  for (const [path, { key, value }] of keysValues) {
    outputs[`${prefix}:${path}:key`] = key;
    outputs[`${prefix}:${path}:value`] = value;
  }
  return outputs;
}

/** Graph inputs that receive what `keysValuesAsOutputs` with the same prefix names. */
export function keysValuesAsInputs(
  prefix: string,
  batch: number,
  tokens: number,
  sites: readonly CrossAttentionSite[],
): SiteKeysValues {
  return new Map(
    sites.map(({ path, channels }) => {
      const key = input(`${prefix}:${path}:key`, [batch, tokens, channels]);
      const value = input(`${prefix}:${path}:value`, [batch, tokens, channels]);
      return [path, { key, value }];
    }),
  );
}

/** The entry of a site; a missing one is a mistake of the caller. */
export function keyValueAt(keysValues: SiteKeysValues, path: string): KeyValue {
  const found = keysValues.get(path);
  if (found === undefined) throw new FoleyError('graph-invalid', `no keys and values were given for ${path}`);
  return found;
}
