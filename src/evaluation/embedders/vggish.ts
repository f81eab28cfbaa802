/** @file VGGish: 128 numbers for each 0.96 s of sound, the space of the Fréchet audio distance. */
import type { MelFilter } from '../../audio/mel-filterbank.js';
import type { Engine } from '../../engine/engine.js';
import {
  conv2d,
  floats,
  input,
  maxPool2d,
  program,
  relu,
  reshape,
  tensor,
  transpose,
  type Value,
} from '../../graph/index.js';
import { dense } from '../../models/layers.js';
import type { Parameters } from '../../weights/parameters.js';
import type { AudioEmbedder } from './audio-embedder.js';
import { type MelEnergySpec, melEnergies, padTo } from './mel-energies.js';

// Hershey et al. 2017. Front end: tensorflow/models research/audioset/vggish (vggish_params.py, mel_features.py).
// Key names: harritaylor/torchvggish, vggish-10086976.pth.

export interface VggishConfig {
  /** Channels of the convolutions; `pool` halves rows and columns. */
  readonly layers: readonly (number | 'pool')[];
  readonly hiddenWidth: number;
  readonly embeddingWidth: number;
}

export const vggishConfig: VggishConfig = {
  layers: [64, 'pool', 128, 'pool', 256, 256, 'pool', 512, 512, 'pool'],
  hiddenWidth: 4096,
  embeddingWidth: 128,
};

const sampleRateHz = 16_000;
/** Frames of one example, which do not overlap with the next one's. */
export const vggishFrames = 96;
const bands = 64;
const windowSamples = 400;
const hopSamples = 160;
const fftSize = 512;
const logOffset = 0.01;

/** HTK's scale; triangles are linear in mel and not normalised, and the constant part counts for nothing. */
function htkFilters(minHz: number, maxHz: number): MelFilter[] {
  const mel = (hz: number) => 1127 * Math.log(1 + hz / 700);
  const bins = Array.from({ length: fftSize / 2 + 1 }, (_, bin) => mel((bin * sampleRateHz) / fftSize));
  const edge = (i: number) => mel(minHz) + ((mel(maxHz) - mel(minHz)) * i) / (bands + 1);
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = [edge(band), edge(band + 1), edge(band + 2)];
    const inside = bins.flatMap((at, bin) => (bin > 0 && at > low && at < high ? [bin] : []));
    const weights = inside.map((bin) =>
      Math.min((bins[bin]! - low) / (centre - low), (high - bins[bin]!) / (high - centre)),
    );
    return { firstBin: inside[0] ?? 0, weights: Float64Array.from(weights) };
  });
}

// a window in the middle of its frame sees the samples that the published one sees at its beginning
const energySpec = (): MelEnergySpec => ({
  stft: { fftSize, hopSamples, windowSamples, padSamples: (fftSize - windowSamples) / 2, padMode: 'zero' },
  power: 1,
  filters: htkFilters(125, 7500),
});

/** Examples of log-mel `[96, 64]`, one after the other; what does not fill the last one is left out, as published. */
export function vggishExamples(samples: Float32Array, spec = energySpec()): Float32Array[] {
  const least = windowSamples + (vggishFrames - 1) * hopSamples;
  const { frames, data } = melEnergies(padTo(samples, least), spec);
  const values = vggishFrames * bands;
  return Array.from({ length: Math.floor(frames / vggishFrames) }, (_, example) =>
    Float32Array.from(data.subarray(example * values, (example + 1) * values), (energy) =>
      Math.log(energy + logOffset),
    ),
  );
}

/**
 * @param p keys begin with `features.` and `embeddings.`
 * @param examples `[B, 1, 96, 64]`
 * @returns `[B, embeddingWidth]` before the last activation, neither whitened nor quantised: what Fréchet distances
 *   of sound are taken of (audioldm_eval, av-benchmark)
 */
export function vggish(p: Parameters, examples: Value, config: VggishConfig = vggishConfig): Value {
  let x = examples;
  let index = 0;
  for (const layer of config.layers) {
    if (layer === 'pool') {
      x = maxPool2d(x, { kernel: 2, stride: 2 });
      index += 1;
      continue;
    }
    const convolution = p.at(`features.${index}`);
    const weight = convolution.get('weight', [layer, x.shape[1]!, 3, 3]);
    x = relu(conv2d(x, weight, convolution.get('bias', [layer]), { padding: 1 }));
    index += 2; // the activation has a number, too
  }
  const flat = reshape(transpose(x, [0, 2, 3, 1]), [x.shape[0]!, x.shape.slice(1).reduce((a, b) => a * b)]); // [B, H * W * C]
  const first = relu(dense(p.at('embeddings.0'), flat, config.hiddenWidth));
  const second = relu(dense(p.at('embeddings.2'), first, config.hiddenWidth));
  return dense(p.at('embeddings.4'), second, config.embeddingWidth);
}

/** @throws FoleyError `weights-invalid` for parameters of another network */
export async function createVggishEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
): Promise<AudioEmbedder> {
  const example = input('example', [1, 1, vggishFrames, bands]);
  const embedding = vggish(parameters, example);
  // torch hub's module keeps the whitening beside the network
  parameters.assertAllUsed((key) => key.startsWith('pproc.'));
  const session = await engine.compile(program('vggish', { inputs: [example], outputs: { embedding } }));
  const spec = energySpec();
  const width = vggishConfig.embeddingWidth;
  return {
    id: `vggish/${weightsId}`,
    sampleRateHz,
    width,
    classes: 0,
    async embed(samples) {
      const examples = vggishExamples(samples, spec);
      const data = new Float32Array(examples.length * width);
      for (const [index, values] of examples.entries()) {
        const found = await session.run({ example: tensor([1, 1, vggishFrames, bands], values) });
        data.set(floats(found.embedding!), index * width);
      }
      return { width, data, classLogits: null };
    },
    close: () => session.close(),
  };
}
