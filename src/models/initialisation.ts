/**
 * @file Where new models start, where that differs from torch's defaults: layers without effect, copies of the
 * backbone, published layer scales.
 */
import { type InitialiserRule, zeroWhere } from '../weights/index.js';
import type { CrossAttentionSite } from './unet-config.js';

/** A new parameter's key -> the UNet's key whose values it copies. */
export type InitialCopies = ReadonlyMap<string, string>;

/** A ControlNet adds nothing at first: its outgoing convolutions and the hint's last one are zero. */
export const controlNetRules: readonly InitialiserRule[] = [
  zeroWhere(/^controlnet_(?:down_blocks\.\d+|mid_block|cond_embedding\.conv_out)\.(?:weight|bias)$/),
];

/** The rest of a ControlNet's trunk starts as a copy of the UNet it steers. */
export function controlNetCopies(keys: readonly string[]): InitialCopies {
  const copied = keys.filter((key) => /^(?:conv_in|time_embedding|down_blocks|mid_block)\./.test(key));
  return new Map(copied.map((key) => [key, key]));
}

/**
 * A frame adapter. With `silent` the values start at zero, so that training begins at the backbone's own output;
 * without, everything in `frameAdapterCopies` is copied, as upstream.
 */
export function frameAdapterRules(options: { readonly silent: boolean }): readonly InitialiserRule[] {
  const position: InitialiserRule = ({ key }) =>
    key.endsWith('position.weight') ? { kind: 'normal', deviation: 0.02 } : null;
  return options.silent ? [zeroWhere(/\.to_v_ip\.weight$/), position] : [position];
}

/** The values of a cross attention's frame branch, by its place in `crossAttentionSites`. */
export function frameValueKey(site: number): string {
  return `ip_adapter.${2 * site + 1}.to_v_ip.weight`;
}

/** IP-Adapter's start: each frame projection as a copy of the text projection beside it. */
export function frameAdapterCopies(
  sites: readonly CrossAttentionSite[],
  options: { readonly silent: boolean },
): InitialCopies {
  return new Map(
    sites.flatMap(({ path }, i) => {
      const keys: [string, string] = [`ip_adapter.${2 * i + 1}.to_k_ip.weight`, `${path}.to_k.weight`];
      const values: [string, string] = [frameValueKey(i), `${path}.to_v.weight`];
      return options.silent ? [keys] : [keys, values];
    }),
  );
}

/** Vocos: small normal weights, no biases, layer scales of one over the number of blocks. */
export function inverseStftVocoderRules(blocks: number): readonly InitialiserRule[] {
  const layers = '(?:embed|dwconv|pwconv[12]|head\\.out)';
  const isWeight = new RegExp(`${layers}\\.weight$`);
  return [
    ({ key }) => (key.endsWith('.gamma') ? { kind: 'constant', value: 1 / blocks } : null),
    ({ key }) => (isWeight.test(key) ? { kind: 'normal', deviation: 0.02 } : null),
    zeroWhere(new RegExp(`${layers}\\.bias$`)),
  ];
}
