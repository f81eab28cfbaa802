/** @file What the frame adapter's fitted start is fitted to: what labels change in the backbone, and what frames say. */
import { type SeededRandom, seededRandom } from '../data/seeded-random.js';
import type { Engine } from '../engine/engine.js';
import { expand, floats, input, program, type Tensor, tensor } from '../graph/index.js';
import { controlNet } from '../models/controlnet.js';
import { frameTokens } from '../models/frame-adapter.js';
import type { ModelConfig } from '../models/model-config.js';
import { crossAttentionSites } from '../models/unet-config.js';
import { constantParameters, type Parameters } from '../weights/parameters.js';
import { labelEffects } from './label-effects.js';
import type { SceneSplit, SeenFrames } from './scene-dataset.node.js';
import type { FrameToken, MeasuredEffects } from './values-for-frames.js';
import { soundsAt } from './words-for-scenes.js';

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

/**
 * The tokens of all frames in which something sounds, or of each clip where frames are pooled, and of a picture that shows
 * nothing.
 * @param projection values of `image_proj`, by key; alike for every token of a frame
 */
export async function tokensOfScenes(
  scenes: SceneSplit,
  seen: SeenFrames,
  projection: ReadonlyMap<string, Float32Array>,
  { engine, model: { frameAdapter: adapter } }: Pick<FrozenParts, 'engine' | 'model'>,
): Promise<{ readonly tokens: readonly FrameToken[]; readonly blank: Float32Array }> {
  const { embeddingDim, tokenDim, tokensPerFrame } = adapter;
  const parameters = constantParameters(
    new Map(
      [...projection].map(([key, values]) => {
        const rows = key.includes('.norm.') ? tokenDim : tokensPerFrame * tokenDim;
        return [key, tensor(values.length === rows ? [rows] : [rows, embeddingDim], values)];
      }),
    ),
  );
  const embeddings = input('embeddings', [1, seen.count, embeddingDim]);
  const times = input('times', [1, seen.count]);
  const tokens = frameTokens(parameters.at('image_proj'), embeddings, times, adapter);
  const session = await engine.compile(program('tokens', { inputs: [embeddings], outputs: { tokens } }));
  const run = async (rows: Float32Array) =>
    floats((await session.run({ embeddings: tensor([1, seen.count, embeddingDim], rows) })).tokens!).slice();
  const firstToken = (of: Float32Array, frame: number) => {
    const start = frame * tokensPerFrame * tokenDim;
    return of.slice(start, start + tokenDim);
  };
  const found: FrameToken[] = [];
  for (const [scene, label] of scenes.labels.entries()) {
    const ofScene = await run(scenes.embeddings.row(scene));
    const frames =
      adapter.pooling === 'mean'
        ? [0]
        : Array.from({ length: seen.count }, (_, frame) => frame).filter((frame) =>
            soundsAt(scenes, scene, frame / seen.perSecond),
          );
    for (const frame of frames)
      found.push({ token: firstToken(ofScene, frame), label, weight: 1 / frames.length });
  }
  const blank = firstToken(await run(new Float32Array(seen.count * embeddingDim)), 0);
  await session.close();
  return { tokens: found, blank };
}
