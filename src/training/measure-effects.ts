/** @file What each label changes in the backbone, on average over draws of training scenes: what fitted values are to bring. */
import { type SeededRandom, seededRandom } from '../data/seeded-random.js';
import type { Engine } from '../engine/engine.js';
import { expand, floats, input, program, type Tensor } from '../graph/index.js';
import { controlNet } from '../models/controlnet.js';
import type { ModelConfig } from '../models/model-config.js';
import { crossAttentionSites } from '../models/unet-config.js';
import type { Parameters } from '../weights/parameters.js';
import { labelEffects } from './label-effects.js';
import type { MeasuredEffects } from './values-for-frames.js';

/** One batch, as the effects are measured on it. */
export interface EffectBatch {
  readonly labels: readonly string[];
  readonly feeds: Readonly<Record<'noisy' | 'timestep' | 'labelText' | 'otherText' | 'hint', Tensor>>;
}

/** Frozen parts of the model. */
export interface FrozenParts {
  readonly engine: Engine;
  readonly model: ModelConfig;
  readonly backbone: Parameters;
  readonly temporalAdapter: Parameters;
}

/**
 * What each label changes against its kind, beside the true timing.
 * @param draw of training scenes
 */
export async function measureEffects(
  { engine, model, backbone, temporalAdapter }: FrozenParts,
  draw: (random: SeededRandom) => EffectBatch,
  batchCount: number,
  report: (done: number, total: number) => void = () => {},
): Promise<MeasuredEffects> {
  const shapes = draw(seededRandom('label-effects/0')).feeds;
  const feed = (name: keyof EffectBatch['feeds']) => input(name, shapes[name].shape);
  const [latents, timestep, hint] = [feed('noisy'), feed('timestep'), feed('hint')];
  const [labelText, otherText] = [feed('labelText'), feed('otherText')];
  const batch = latents.shape[0]!;
  const raster = expand(hint, [batch, 1, model.mel.bands, model.mel.columns]);
  const controlResiduals = controlNet(
    temporalAdapter,
    { latents, timestep, textStates: labelText, hint: raster, scale: 1 },
    { ...model.temporalAdapter, unet: model.unet },
  );
  const effects = labelEffects(
    backbone,
    { latents, timestep, labelText, otherText, controlResiduals, hint },
    model.unet,
  );
  const session = await engine.compile(
    program('label-effects', {
      inputs: [latents, timestep, labelText, otherText, hint],
      outputs: Object.fromEntries(effects),
    }),
    { lowering: 'fused', optimization: 'all' },
  );
  const sites = crossAttentionSites(model.unet);
  const width = sites.reduce((total, { channels }) => total + channels, 0);
  const sums = new Map<string, { readonly sum: Float32Array; count: number }>();
  for (let index = 0; index < batchCount; index++) {
    const { labels, feeds } = draw(seededRandom(`label-effects/${index}`));
    const outputs = await session.run(feeds);
    const hints = floats(feeds.hint);
    labels.forEach((label, item) => {
      const row = hints.subarray((item * hints.length) / batch, ((item + 1) * hints.length) / batch);
      if (row.every((value) => value <= 0)) return; // heard nowhere in its window
      const entry = sums.get(label) ?? { sum: new Float32Array(width), count: 0 };
      sums.set(label, entry);
      entry.count += 1;
      let offset = 0;
      for (const { path, channels } of sites) {
        const values = floats(outputs[path]!);
        for (let i = 0; i < channels; i++) entry.sum[offset + i]! += values[item * channels + i]!;
        offset += channels;
      }
    });
    report(index + 1, batchCount);
  }
  await session.close();
  const ofLabel = new Map([...sums].map(([label, { sum, count }]) => [label, sum.map((x) => x / count)]));
  return { sites, ofLabel };
}
