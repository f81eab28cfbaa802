import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { input, tensor } from '../../src/graph/index.js';
import { controlNet } from '../../src/models/controlnet.js';
import { unet } from '../../src/models/unet.js';
import { type EffectBatch, measureEffects } from '../../src/training/measure-effects.js';
import { initialiseParameters } from '../../src/weights/initialise.js';
import { collectParameters, constantParameters, type Parameters } from '../../src/weights/parameters.js';
import { tinyConfig } from '../foley/random-model.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

const { unet: sizes, textEncoder, mel } = tinyConfig;
const latentShape = [2, sizes.inChannels, 16, 64];
const textShape = [2, textEncoder.tokens, textEncoder.width];
const hintShape = [2, 1, 1, mel.columns];

/** Random weights of what `build` asks for. */
function randomParameters(build: (p: Parameters) => unknown): Parameters {
  const shapes = collectParameters(build);
  const values = initialiseParameters(shapes, 1, []);
  return constantParameters(new Map(shapes.map(({ key, shape }) => [key, tensor(shape, values.get(key)!)])));
}
const latents = input('latents', latentShape);
const timestep = input('timestep', [2]);
const textStates = input('text', textShape);
const hint = input('hint', [2, 1, mel.bands, mel.columns]);
const parts = {
  engine,
  model: tinyConfig,
  backbone: randomParameters((p) => unet(p, { latents, timestep, textStates }, sizes)),
  temporalAdapter: randomParameters((p) =>
    controlNet(
      p,
      { latents, timestep, textStates, hint, scale: 1 },
      { ...tinyConfig.temporalAdapter, unet: sizes },
    ),
  ),
};

/** Random numbers that are the same for the same name. */
function drawn(name: string, shape: readonly number[]) {
  const random = seededRandom(name);
  const length = shape.reduce((product, size) => product * size, 1);
  return tensor(
    shape,
    Float32Array.from({ length }, () => random.normal()),
  );
}
const on = (items: readonly boolean[]) =>
  tensor(
    hintShape,
    Float32Array.from(items.flatMap((isOn) => Array.from({ length: mel.columns }, () => (isOn ? 1 : -1)))),
  );
const widthOfAll = 7 * 16;

describe('measureEffects', () => {
  const batch = (labels: readonly string[], feeds: Partial<EffectBatch['feeds']>): EffectBatch => ({
    labels,
    feeds: {
      noisy: drawn('noisy', latentShape),
      timestep: tensor([2], Float32Array.of(400, 400)),
      labelText: drawn('label', textShape),
      otherText: drawn('other', textShape),
      hint: on([true, true]),
      ...feeds,
    },
  });

  it('is the mean over the draws of a label, with those left out that are heard nowhere', async () => {
    let calls = 0;
    const { sites, ofLabel } = await measureEffects(
      parts,
      () => batch(['dog', 'cat'], calls++ % 2 === 0 ? {} : { hint: on([false, true]) }),
      6,
    );
    expect(sites).toHaveLength(7);
    expect([...ofLabel.keys()].sort()).toEqual(['cat', 'dog']);
    const always = await measureEffects(parts, () => batch(['dog', 'cat'], {}), 2);
    for (const label of ['dog', 'cat']) {
      const [some, all] = [ofLabel.get(label)!, always.ofLabel.get(label)!];
      expect(some).toHaveLength(widthOfAll);
      expect(Math.hypot(...all)).toBeGreaterThan(1e-3);
      some.forEach((value, at) => {
        expect(value).toBeCloseTo(all[at]!, 4); // sums of 2 and of 6 in float32
      });
    }
  });
});
