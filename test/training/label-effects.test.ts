import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { floats, input, tensor } from '../../src/graph/index.js';
import { textKeysValues } from '../../src/models/cross-keys-values.js';
import { unetStep, type WatchedQuery } from '../../src/models/unet.js';
import { crossAttentionSites } from '../../src/models/unet-config.js';
import { labelEffects } from '../../src/training/label-effects.js';
import { frozenParameters } from '../../src/weights/parameters.js';
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';
import { evaluate } from '../graph/evaluate.js';
import { sizes, tinyUnetPath } from './tiny-adapter.js';

const file = await openSafetensors(tinyUnetPath);
const p = frozenParameters(file);
const read = (name: string) => file.readFloat32(`in:${name}`);
const [latents, timestep, text] = [await read('latents'), await read('timestep'), await read('text')];
const [batch, , , columns] = latents.shape as [number, number, number, number];
const [, tokens, width] = text.shape as [number, number, number];
const random = seededRandom('label-effects');
const other = tensor(
  text.shape,
  floats(text).map((value) => value + random.normal()),
);
const hintColumns = 4 * columns;
const hintOf = (isOn: (column: number) => boolean) =>
  tensor(
    [batch, 1, 1, hintColumns],
    Float32Array.from({ length: batch * hintColumns }, (_, at) => (isOn(at % hintColumns) ? 1 : -1)),
  );

const inputs = {
  latents: input('latents', latents.shape),
  timestep: input('timestep', timestep.shape),
  labelText: input('labelText', text.shape),
  otherText: input('otherText', text.shape),
  hint: input('hint', [batch, 1, 1, hintColumns]),
};
async function effectsOf(otherText: typeof text, hint: ReturnType<typeof hintOf>) {
  const effects = labelEffects(p, { ...inputs, controlResiduals: null }, sizes);
  const feeds = { latents, timestep, labelText: text, otherText, hint };
  const outputs = await evaluate(Object.fromEntries(effects), Object.values(inputs), feeds);
  return new Map(Object.entries(outputs).map(([path, value]) => [path, floats(value)]));
}
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('labelEffects', () => {
  it('are told of every cross attention, in its channels', async () => {
    const effects = await effectsOf(
      other,
      hintOf(() => true),
    );
    const sites = crossAttentionSites(sizes);
    expect([...effects.keys()].sort()).toEqual(sites.map(({ path }) => path).sort());
    for (const { path, channels } of sites) {
      expect(effects.get(path)!.length).toBe(batch * channels);
      expect(largest(effects.get(path)!)).toBeGreaterThan(1e-3);
    }
  });

  it('are nothing where both texts say the same, and where nothing sounds', async () => {
    const same = await effectsOf(
      text,
      hintOf(() => true),
    );
    const silent = await effectsOf(
      other,
      hintOf(() => false),
    );
    for (const values of [...same.values(), ...silent.values()]) expect(largest(values)).toBe(0);
  });

  it('are the mean, over the columns that sound, of what attention takes from the label less what it takes from the other', async () => {
    const path = crossAttentionSites(sizes)[0]!.path;
    const texts = { label: inputs.labelText, other: inputs.otherText };
    const [label, others] = [texts.label, texts.other].map(
      (states) => textKeysValues(p, states, crossAttentionSites(sizes)).get(path)!,
    );
    const asked: WatchedQuery[] = [];
    const keysValues = textKeysValues(p, inputs.labelText, crossAttentionSites(sizes));
    unetStep(
      p,
      {
        latents: inputs.latents,
        timestep: inputs.timestep,
        text: keysValues,
        watch: (one) => void asked.push(one),
      },
      sizes,
    );
    const { query, heads, columns: queryColumns } = asked.find((one) => one.path === path)!;
    const values = await evaluate(
      { query, key: label!.key, value: label!.value, otherKey: others!.key, otherValue: others!.value },
      [inputs.latents, inputs.timestep, inputs.labelText, inputs.otherText],
      { latents, timestep, labelText: text, otherText: other },
    );
    const [, positions, channels] = query.shape as [number, number, number];
    const sounding = (column: number) => column === 1 || column === 2;
    const perColumn = hintColumns / queryColumns;
    const effects = await effectsOf(
      other,
      hintOf((column) => sounding(Math.floor(column / perColumn))),
    );
    /** Attention by its definition, one position and head at a time. */
    const taken = (item: number, position: number, keys: Float32Array, brought: Float32Array) => {
      const result = new Float64Array(channels);
      const size = channels / heads;
      for (let head = 0; head < heads; head++) {
        const at = (token: number, i: number) => (item * tokens + token) * channels + head * size + i;
        const scores = Array.from({ length: tokens }, (_, token) => {
          let dot = 0;
          for (let i = 0; i < size; i++) {
            const q = floats(values.query!)[(item * positions + position) * channels + head * size + i]!;
            dot += q * keys[at(token, i)]!;
          }
          return Math.exp(dot / Math.sqrt(size));
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        for (let i = 0; i < size; i++) {
          for (let token = 0; token < tokens; token++)
            result[head * size + i]! += (scores[token]! / total) * brought[at(token, i)]!;
        }
      }
      return result;
    };
    const heard = Array.from({ length: positions }, (_, position) => position).filter((position) =>
      sounding(position % queryColumns),
    );
    for (let item = 0; item < batch; item++) {
      const mean = new Float64Array(channels);
      for (const position of heard) {
        const ofLabel = taken(item, position, floats(values.key!), floats(values.value!));
        const ofOther = taken(item, position, floats(values.otherKey!), floats(values.otherValue!));
        for (let i = 0; i < channels; i++) mean[i]! += (ofLabel[i]! - ofOther[i]!) / heard.length;
      }
      // float32 sums in another order
      mean.forEach((value, i) => {
        expect(effects.get(path)![item * channels + i]).toBeCloseTo(value, 4);
      });
    }
    expect(width).toBe(sizes.crossAttentionDim);
  });
});
