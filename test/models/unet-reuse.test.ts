// Golden values: python reference/models/unet.py (diffusers 0.42); the shallow part is held to the whole one
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, input, inputsUsed, program, tensor, type Value } from '../../src/graph/index.js';
import { textKeysValues } from '../../src/models/cross-keys-values.js';
import {
  deepShape,
  largestReuseDepth,
  unetStep,
  unetStepKeeping,
  unetStepReusing,
} from '../../src/models/unet.js';
import { crossAttentionSites, type UnetConfig } from '../../src/models/unet-config.js';
import { openGolden, relativeError } from './golden.js';

const config: UnetConfig = {
  inChannels: 4,
  outChannels: 4,
  blockOutChannels: [8, 12, 16],
  attentionLevels: [true, true, false],
  layersPerBlock: 1,
  heads: [2, 2, 2],
  normGroups: 4,
  crossAttentionDim: 6,
};
const depths = Array.from({ length: largestReuseDepth(config) + 1 }, (_, depth) => depth);

describe('reuse of deep features', () => {
  it.each(depths)('at depth %i gives the whole prediction from features of the same step', async (depth) => {
    const golden = await openGolden('unet');
    const p = golden.frozen;
    const [latents, timestep, textStates] = ['latents', 'timestep', 'text'].map((name) =>
      golden.input(name),
    ) as [Value, Value, Value];
    const control = {
      skips: depths.map((i) => golden.input(`residual.${i}`)),
      middle: golden.input('residual.middle'),
    };
    const inputs = [latents, timestep, textStates, ...control.skips, control.middle];
    const text = textKeysValues(p, textStates, crossAttentionSites(config));
    const given = { latents, timestep, text, control };
    const whole = unetStep(p, given, config);
    const { prediction, deep } = unetStepKeeping(p, given, { depth }, config);
    expect(deep.shape.slice(1)).toEqual(deepShape(latents.shape.slice(1), { depth }, config));

    const kept = await golden.run({ whole, prediction, deep }, inputs, 'fused');
    expect(floats(kept.prediction!)).toEqual(floats(kept.whole!));

    const received = input('deep', deep.shape);
    const shallow = { prediction: unetStepReusing(p, given, received, { depth }, config) };
    const needed = inputsUsed([...inputs, received], shallow);
    // of the residuals, the shallow part needs the finest alone
    expect(needed).toContain(control.skips[depth]);
    expect(needed).not.toContain(control.middle);
    if (depth + 1 < depths.length) expect(needed).not.toContain(control.skips[depth + 1]);
    const engine = createOrtEngine({ threads: 1 });
    try {
      const session = await engine.compile(program('shallow', { inputs: needed, outputs: shallow }));
      const feeds = Object.fromEntries(
        session.program.inputs.map(({ name }) => [name, name === 'deep' ? kept.deep! : golden.tensor(name)]),
      );
      const reused = await session.run(feeds);
      // the same operations on the same values; ONNX Runtime may fuse a shorter graph in another way
      expect(relativeError(reused.prediction, tensor(whole.shape, floats(kept.whole!)))).toBeLessThan(1e-6);
    } finally {
      await engine.close();
    }
  });

  it('refuses a depth that the network does not have', () => {
    expect(() => deepShape([4, 8, 16], { depth: depths.length }, config)).toThrow(/from 0 to 5, not 6/);
  });
});
