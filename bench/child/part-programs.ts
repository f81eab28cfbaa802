/** @file Our side of each part that is timed: its program over the published weights, and what it is fed. */
import {
  floats,
  input,
  type Program,
  program,
  type Tensor,
  tensor,
  type Value,
} from '../../src/graph/index.js';
import { decodeLatents, encodeImage } from '../../src/models/autoencoder.js';
import {
  clipH14,
  clipImageEmbedding,
  clipL14,
  clipTextEmbedding,
  clipTextStates,
} from '../../src/models/clip.js';
import { controlNetStep, encodeHint } from '../../src/models/controlnet.js';
import {
  keysValuesAsInputs,
  keysValuesAsOutputs,
  textKeysValues,
} from '../../src/models/cross-keys-values.js';
import { type HifiGanConfig, hifiGan } from '../../src/models/hifi-gan.js';
import { foleycrafter } from '../../src/models/presets.js';
import { unetStep } from '../../src/models/unet.js';
import { controlNetSites, crossAttentionSites } from '../../src/models/unet-config.js';
import { frozenParameters, type Parameters } from '../../src/weights/parameters.js';
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';

/** Values both sides can make without sharing a file: a sine that never repeats. */
export function wavy(shape: readonly number[], phase: number, scale = 1): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tensor(
    shape,
    Float32Array.from({ length: count }, (_, i) => scale * Math.sin(0.7 * i + phase)),
  );
}

/** A part, ready to be compiled. */
export interface Part {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** The output that is compared with the peer's. */
  readonly output: string;
  /** What the program is fed beyond that, made once by other programs: keys and values of the text. */
  readonly prepare: readonly {
    readonly program: Program;
    readonly feeds: Readonly<Record<string, Tensor>>;
  }[];
}

/** File of each network's weights. */
export type WeightPaths = Readonly<Record<string, string>>;

const { unet: unetConfig, autoencoder, temporalAdapter } = foleycrafter;
const controlConfig = { unet: unetConfig, ...temporalAdapter };
const latentShape = [4, 32, 128];

const builders: Readonly<
  Record<string, (p: (name: string) => Promise<Parameters>, batch: number) => Promise<Part>>
> = {
  async unet(p, batch) {
    const parameters = await p('unet');
    const sites = crossAttentionSites(unetConfig);
    const latents = input('latents', [batch, ...latentShape]);
    const timestep = input('timestep', [batch]);
    const text = keysValuesAsInputs('text', batch, 77, sites);
    const prediction = unetStep(parameters, { latents, timestep, text }, unetConfig);
    const states = input('states', [batch, 77, 768]);
    return {
      program: program('unet', {
        inputs: [latents, timestep, ...pairs(text)],
        outputs: { prediction },
      }),
      feeds: { latents: wavy([batch, ...latentShape], 0), timestep: stepOf(batch) },
      output: 'prediction',
      prepare: [
        {
          program: program('text', {
            inputs: [states],
            outputs: keysValuesAsOutputs('text', textKeysValues(parameters, states, sites)),
          }),
          feeds: { states: wavy([batch, 77, 768], 1) },
        },
      ],
    };
  },
  async controlnet(p, batch) {
    const parameters = await p('controlnet');
    const sites = controlNetSites(unetConfig);
    const latents = input('latents', [batch, ...latentShape]);
    const timestep = input('timestep', [batch]);
    const text = keysValuesAsInputs('text', batch, 77, sites);
    const hintFeatures = input('hintFeatures', [batch, 320, 32, 128]);
    const { skips, middle } = controlNetStep(
      parameters,
      { latents, timestep, text, hintFeatures, scale: 0.2 },
      controlConfig,
    );
    const states = input('states', [batch, 77, 768]);
    const hint = input('hint', [batch, 1, 256, 1024]);
    return {
      program: program('controlnet', {
        inputs: [latents, timestep, ...pairs(text), hintFeatures],
        outputs: { ...Object.fromEntries(skips.map((skip, i) => [`skip${i}`, skip])), middle },
      }),
      feeds: { latents: wavy([batch, ...latentShape], 0), timestep: stepOf(batch) },
      output: 'skip5',
      prepare: [
        {
          program: program('text', {
            inputs: [states],
            outputs: keysValuesAsOutputs('text', textKeysValues(parameters, states, sites)),
          }),
          feeds: { states: wavy([batch, 77, 768], 1) },
        },
        {
          program: program('hint', {
            inputs: [hint],
            outputs: {
              hintFeatures: encodeHint(parameters.at('controlnet_cond_embedding'), hint, controlConfig),
            },
          }),
          feeds: { hint: wavy([batch, 1, 256, 1024], 2) },
        },
      ],
    };
  },
  async 'vae-decode'(p, batch) {
    const latents = input('latents', [batch, ...latentShape]);
    const image = decodeLatents(await p('vae'), latents, autoencoder);
    return simple(program('decode', { inputs: [latents], outputs: { image } }), {
      latents: wavy([batch, ...latentShape], 0),
    });
  },
  async 'vae-encode'(p, batch) {
    const image = input('image', [batch, 3, 256, 1024]);
    const { mean } = encodeImage(await p('vae'), image, autoencoder);
    return simple(program('encode', { inputs: [image], outputs: { mean } }), {
      image: wavy([batch, 3, 256, 1024], 0),
    });
  },
  async 'hifi-gan'(p, batch) {
    const mel = input('mel', [batch, 256, 1024]);
    const wave = hifiGan(await p('vocoder'), mel, foleycrafter.vocoder as HifiGanConfig);
    return simple(program('vocode', { inputs: [mel], outputs: { wave } }), {
      mel: wavy([batch, 256, 1024], 0),
    });
  },
  async 'text-l'(p, batch) {
    const ids = input('ids', [batch, 77], 'int64');
    const states = clipTextStates(await p('text_l'), ids, clipL14.text);
    return simple(program('text-l', { inputs: [ids], outputs: { states } }), { ids: tokenIds(batch) });
  },
  async 'text-h'(p, batch) {
    const parameters = await p('text_h');
    const ids = input('ids', [batch, 77], 'int64');
    const atEnd = input('atEnd', [batch, 77]);
    const states = clipTextStates(parameters, ids, clipH14.text);
    const embedding = clipTextEmbedding(parameters, states, atEnd, clipH14.text);
    const end = new Float32Array(batch * 77);
    for (let row = 0; row < batch; row++) end[77 * row + 76] = 1;
    return simple(program('text-h', { inputs: [ids, atEnd], outputs: { embedding } }), {
      ids: tokenIds(batch),
      atEnd: tensor([batch, 77], end),
    });
  },
  async 'image-h'(p, batch) {
    const image = input('image', [batch, 3, 224, 224]);
    const embedding = clipImageEmbedding(await p('image_h'), image, clipH14.image);
    return simple(program('image-h', { inputs: [image], outputs: { embedding } }), {
      image: wavy([batch, 3, 224, 224], 0),
    });
  },
};

/** Every part that can be timed. */
export const partNames = Object.keys(builders);

/** Builds a part over its weights. @throws Error for an unknown name */
export async function buildPart(name: string, batch: number, weights: WeightPaths): Promise<Part> {
  const build = builders[name];
  if (build === undefined) throw new Error(`no part ${name}; there are ${partNames.join(', ')}`);
  return build(async (network) => frozenParameters(await openSafetensors(weights[network]!)), batch);
}

function simple(built: Program, feeds: Readonly<Record<string, Tensor>>): Part {
  return { program: built, feeds, output: built.outputs[0]!.name, prepare: [] };
}

function pairs(keysValues: ReadonlyMap<string, { readonly key: Value; readonly value: Value }>): Value[] {
  return [...keysValues.values()].flatMap(({ key, value }) => [key, value]);
}

function stepOf(batch: number): Tensor {
  return tensor([batch], new Float32Array(batch).fill(521));
}

/** Word numbers 1.., the last one of a row the largest, which marks the end of the text. */
function tokenIds(batch: number): Tensor {
  const ids = BigInt64Array.from({ length: batch * 77 }, (_, i) =>
    i % 77 === 76 ? 49407n : BigInt(1 + ((i * 37) % 40000)),
  );
  return tensor([batch, 77], ids, 'int64');
}

/** The numbers of an output, for the comparison. */
export function valuesOf(output: Tensor): Float32Array {
  return floats(output);
}
