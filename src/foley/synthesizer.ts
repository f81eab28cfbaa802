/** @file The generative half of a model on an engine: text states, guided network, autoencoder, vocoder. */
import { flipBands, imageToMel, type MelImage } from '../audio/mel-image.js';
import type { CompileOptions, Engine } from '../engine/engine.js';
import { FoleyError } from '../errors/foley-error.js';
import { add, clamp, floats, input, mul, type Program, program, slice, tensor } from '../graph/index.js';
import { decodeLatents, latentStride } from '../models/autoencoder.js';
import type { ModelConfig } from '../models/model-config.js';
import type { TextEncoder } from '../models/text-encoder.js';
import { vocoderOf } from '../models/vocoder.js';
import { tellEveryFault } from '../weights/every-fault.js';
import type { Parameters } from '../weights/parameters.js';
import { createNetwork } from './guided-network.js';
import { buildNetworkPrograms } from './network-programs.js';
import { createSessionShelf } from './session-shelf.js';
import type { Synthesizer } from './stations.js';
import type { SynthesizerParameters } from './synthesizer-parameters.js';

/**
 * Opens nothing until it is asked for; sessions then stay with their engine, which closes them.
 * @param networkEngine runs the denoising network; see `isThreadSensitive`
 */
export function createSynthesizer(
  config: ModelConfig,
  parameters: SynthesizerParameters,
  text: TextEncoder,
  engine: Engine,
  networkEngine: Engine = engine,
): Synthesizer {
  const { mel } = config;
  const latentShape = latentShapeOf(config);
  const denoising = createSessionShelf(networkEngine);
  const sounding = createSessionShelf(engine);
  const network = createNetwork(config, parameters, latentShape, denoising.open);
  return {
    latentShape,
    bands: mel.bands,
    poolsFrames: config.frameAdapter.pooling === 'mean',
    noiseSchedule: config.diffusion,
    prediction: config.diffusion.prediction === 'epsilon' ? 'epsilon' : 'v_prediction',
    textStates: (texts) => text.encodeTokens(texts),
    denoiser: (conditions, economy) => network.prepare(conditions, economy),
    async decode(latents) {
      // opened again in a fraction of a second, and decoding a large latent takes over a gigabyte of its own
      if (isLarge(config)) await denoising.close();
      const session = await sounding.open(
        'decode',
        () => decodeProgram(config, parameters.vae, latentShape),
        ranOnce,
      );
      const { image } = await session.run({ latents: tensor([1, ...latentShape], latents) });
      return flipBands({ bands: mel.bands, columns: mel.columns, data: floats(image!).slice() });
    },
    async vocode(image: MelImage) {
      const { bands, columns } = image;
      if (bands !== mel.bands || columns !== mel.columns) {
        throw new FoleyError(
          'usage',
          `the vocoder reads ${mel.bands} x ${mel.columns} mels, got ${bands} x ${columns}`,
        );
      }
      const session = await sounding.open('vocode', () => vocodeProgram(config, parameters.vocoder), ranOnce);
      const { wave } = await session.run({ mel: tensor([1, bands, columns], imageToMel(image).data) });
      return floats(wave!).slice();
    },
  };
}

/**
 * Builds every program once, without running any, so that a missing, misshapen or foreign parameter is named at once
 * and not minutes later. @throws weights-invalid
 */
export function assertParametersFit(config: ModelConfig, parameters: SynthesizerParameters): void {
  const { unet, vae, vocoder, frameAdapter, temporalAdapter } = parameters;
  const latentShape = latentShapeOf(config);
  tellEveryFault({ unet, vae, vocoder, frameAdapter, temporalAdapter }, (parts) => {
    buildNetworkPrograms(config, parts, latentShape);
    decodeProgram(config, parts.vae, latentShape);
    vocodeProgram(config, parts.vocoder);
  });
  for (const part of [unet, vocoder, frameAdapter, temporalAdapter]) part?.assertAllUsed();
  // generation only decodes; the other half of the autoencoder is for training
  vae.assertAllUsed((key) => /^(?:encoder|quant_conv)\./.test(key));
}

/**
 * Whether the network's matrix products are so small that ONNX Runtime sums them in another order for another number of
 * threads: it halves the columns of a product between threads, and takes longer stretches of a sum when columns are few
 * (MlasSgemmOperation). Measured on the small model: one and two threads differ in the last bits, and so would the sound.
 * Such networks run on one thread each, several at once.
 */
export function isThreadSensitive(config: ModelConfig): boolean {
  return !isLarge(config);
}

/** Programs that run once a window: what they worked with is given back. */
const ranOnce: CompileOptions = { optimization: 'all', workingMemory: 'released' };

/** Whether the sessions of one stage leave no room for those of the next. */
function isLarge(config: ModelConfig): boolean {
  const [, rows, columns] = latentShapeOf(config);
  return rows * columns > 1024;
}

/** `[C, H, W]` of the latents of one window. */
function latentShapeOf({ autoencoder, mel }: ModelConfig): readonly [number, number, number] {
  const stride = latentStride(autoencoder);
  return [autoencoder.latentChannels, mel.bands / stride, mel.columns / stride];
}

/** Latents -> mel image in 0..1, highest band first, one channel. */
function decodeProgram(config: ModelConfig, p: Parameters, latentShape: readonly number[]): Program {
  const { autoencoder } = config;
  const latents = input('latents', [1, ...latentShape]);
  const picture = decodeLatents(p, mul(latents, 1 / autoencoder.scalingFactor), autoencoder);
  // the published image has three equal channels, and the first one is read (auffusion_pipeline.py 432-453)
  const first = slice(picture, 1, 0, 1);
  const image = clamp(add(mul(first, 0.5), 0.5), 0, 1); // [1, 1, bands, columns]
  return program('decode', { inputs: [latents], outputs: { image } });
}

/** Log-mel -> samples. */
function vocodeProgram({ mel, vocoder }: ModelConfig, p: Parameters): Program {
  const logMel = input('mel', [1, mel.bands, mel.columns]);
  return program('vocode', { inputs: [logMel], outputs: { wave: vocoderOf(vocoder).wave(p, logMel) } });
}
