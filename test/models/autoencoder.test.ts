// Golden values and gradients: python reference/models/autoencoder.py (diffusers 0.42)
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/graph/index.js';
import {
  type AutoencoderConfig,
  decodeLatents,
  encodeImage,
  latentStride,
} from '../../src/models/autoencoder.js';
import type { Parameters } from '../../src/weights/index.js';
import {
  expectAllWithin,
  type Golden,
  gradientErrors,
  lowerings,
  openGolden,
  projected,
  relativeError,
} from './golden.js';

const published: AutoencoderConfig = {
  imageChannels: 3,
  latentChannels: 3,
  blockOutChannels: [8, 12],
  layersPerBlock: 1,
  normGroups: 4,
  pixelUnshuffle: 1,
  scalingFactor: 1,
};

const cases = [
  { file: 'autoencoder', config: published, stride: 2 },
  {
    file: 'autoencoder-unshuffled',
    config: { ...published, imageChannels: 1, pixelUnshuffle: 2 },
    stride: 4,
  },
];

describe.each(cases)('$file', ({ file, config, stride }) => {
  const build = (golden: Golden, p: Parameters) => {
    const image = golden.input('image');
    const latents = golden.input('latents');
    const outputs: Record<string, Value> = {
      ...encodeImage(p, image, config),
      image: decodeLatents(p, latents, config),
    };
    return { outputs, inputs: [image, latents] };
  };

  it.each(lowerings)('equals diffusers both ways in the %s lowering', async (lowering) => {
    const golden = await openGolden(file);
    const { outputs, inputs } = build(golden, golden.frozen);
    const found = await golden.run(outputs, inputs, lowering);
    expectAllWithin(
      Object.fromEntries(
        Object.keys(outputs).map((name) => [name, relativeError(found[name], golden.tensor(`out:${name}`))]),
      ),
    );
    golden.frozen.assertAllUsed((key) => /^(?:in|out|grad):/.test(key));
    expect(outputs.image!.shape[2]! / outputs.mean!.shape[2]!).toBe(latentStride(config));
    expect(latentStride(config)).toBe(stride);
  });

  it('has the gradients of torch', async () => {
    const golden = await openGolden(file);
    const p = golden.trainable();
    const { outputs, inputs } = build(golden, p);
    const named = Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [`cotangent.${name}`, value]),
    );
    const { loss, inputs: cotangents } = projected(golden, named);
    expectAllWithin(await gradientErrors(golden, p, loss, [...inputs, ...cotangents]));
  });
});
