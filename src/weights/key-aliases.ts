/** @file Old spellings of parameter names in published files: the only place where a name is not what the model says. */

interface Spelling {
  /** Ending of the key that the model asks for. */
  readonly current: string;
  readonly old: string;
}

// diffusers renamed the VAE's attention in 0.17 (AttentionBlock -> Attention); transformers still reads TensorFlow's
// names of layer normalisation.
const spellings: readonly Spelling[] = [
  ...['weight', 'bias'].flatMap((kind) => [
    { current: `.to_q.${kind}`, old: `.query.${kind}` },
    { current: `.to_k.${kind}`, old: `.key.${kind}` },
    { current: `.to_v.${kind}`, old: `.value.${kind}` },
    { current: `.to_out.0.${kind}`, old: `.proj_attn.${kind}` },
  ]),
  { current: 'LayerNorm.weight', old: 'LayerNorm.gamma' },
  { current: 'LayerNorm.bias', old: 'LayerNorm.beta' },
];

/** Other names under which a file may hold the parameter that the model calls `key`. */
export function olderSpellings(key: string): readonly string[] {
  return spellings
    .filter(({ current }) => key.endsWith(current))
    .map(({ current, old }) => key.slice(0, -current.length) + old);
}

/** Magnitude and direction of a weight that torch's weight_norm has split, in its old and its new spelling. */
export function weightNormSpellings(key: string): readonly { magnitude: string; direction: string }[] {
  if (key !== 'weight' && !key.endsWith('.weight')) return [];
  const layer = key.slice(0, -'weight'.length);
  return [
    { magnitude: `${layer}weight_g`, direction: `${layer}weight_v` },
    {
      magnitude: `${layer}parametrizations.weight.original0`,
      direction: `${layer}parametrizations.weight.original1`,
    },
  ];
}

/** Entries of published files that are no parameters: counters and index tables that torch saves as buffers. */
export function isBookkeeping(key: string): boolean {
  return /(?:^|\.)(?:position_ids|num_batches_tracked)$/.test(key);
}
