/** @file Samples of a diffusion stage as mel images: noise through the averaged weights, then through the decoder. */
import { join } from 'node:path';
import { div, floats, input, program, type Tensor, tensor, type Value } from '../graph/index.js';
import { decodeLatents } from '../models/autoencoder.js';
import { frozenParameters, type Parameters, trainableParameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import { latentShapeOf } from './latent-cache.node.js';
import { imageOfEncoder } from './mel-crops.js';
import { weightFileNames } from './model-folder.node.js';
import { runOnce } from './run-once.js';
import { sampleLatents } from './sample-latents.js';
import type { ParameterValues, SampleImage } from './stage.js';
import type { StageContext } from './stage-context.js';

/** What the network is told beside the noisy latents. */
export interface SampleConditions {
  readonly inputs: readonly Value[];
  predict(p: Parameters, noisy: Value, timestep: Value): Value;
  readonly positive: Readonly<Record<string, Tensor>>;
  readonly negative: Readonly<Record<string, Tensor>>;
}

export interface PictureRequest {
  readonly context: StageContext;
  readonly scalingFactor: number;
  /** One sample each. */
  readonly names: readonly string[];
  readonly guidanceScale: number;
  readonly conditions: (batchSize: number) => SampleConditions;
  readonly average: ParameterValues;
}

const steps = 16;

export async function pictureLatents(request: PictureRequest): Promise<SampleImage[]> {
  const { context, scalingFactor, names, average } = request;
  const shape = latentShapeOf(context);
  const batchSize = names.length;
  const noisyShape = [batchSize, ...shape];
  const { inputs, predict, positive, negative } = request.conditions(batchSize);
  const noisy = input('noisy', noisyShape);
  const timestep = input('timestep', [batchSize]);
  const p = trainableParameters();
  const predicted = predict(p, noisy, timestep);
  const network = await runOnce(context.engine, p, [noisy, timestep, ...inputs], { predicted }, average);
  const latents = await sampleLatents({
    length: noisyShape.reduce((product, size) => product * size, 1),
    batchSize,
    steps,
    guidanceScale: request.guidanceScale,
    seed: 'pictures',
    diffusion: context.model.diffusion,
    async predict(current, step, set) {
      const outputs = await network.once({
        noisy: tensor(noisyShape, current),
        timestep: tensor([batchSize], new Float32Array(batchSize).fill(step)),
        ...(set === 'none' ? negative : positive),
      });
      return floats(outputs.predicted!);
    },
  });
  await network.close();
  return decodeToPictures(context, latents, scalingFactor, names);
}

async function decodeToPictures(
  context: StageContext,
  latents: Float32Array,
  scalingFactor: number,
  names: readonly string[],
): Promise<SampleImage[]> {
  const { autoencoder, mel } = context.model;
  const shape = [1, ...latentShapeOf(context)];
  const decoder = frozenParameters(
    await openSafetensors(join(context.modelFolder, weightFileNames.autoencoder)),
  );
  const one = input('latents', shape);
  const image = decodeLatents(decoder, div(one, scalingFactor), autoencoder);
  const session = await context.engine.compile(program('decode-mel', { inputs: [one], outputs: { image } }));
  const size = latents.length / names.length;
  const pictures: SampleImage[] = [];
  for (const [i, name] of names.entries()) {
    const outputs = await session.run({ latents: tensor(shape, latents.slice(i * size, (i + 1) * size)) });
    const data = imageOfEncoder(floats(outputs.image!), mel.bands, mel.columns);
    pictures.push({ name, image: { bands: mel.bands, columns: mel.columns, data } });
  }
  await session.close();
  return pictures;
}
