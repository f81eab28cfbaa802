/** @file LAION-CLAP without fusion as an embedder: 512 numbers of length 1 for each 10 s of sound. */
import { melFilters } from '../../audio/mel-filterbank.js';
import type { Engine } from '../../engine/engine.js';
import { floats, input, program, tensor } from '../../graph/index.js';
import type { Parameters } from '../../weights/parameters.js';
import type { AudioEmbedder } from './audio-embedder.js';
import { clapAudio, clapAudioConfig } from './clap-tower.js';
import { decibels, evenStretches, type MelEnergySpec, melEnergies } from './mel-energies.js';

const sampleRateHz = 48_000;
const stretchSamples = 10 * sampleRateHz;
const fftSize = 1024;
const hopSamples = 480;
const frames = stretchSamples / hopSamples + 1;

// preprocessor_config.json of laion/clap-htsat-unfused: rand_trunc, and with it Slaney's filters
const energySpec = (): MelEnergySpec => ({
  stft: { fftSize, hopSamples, windowSamples: fftSize, padSamples: fftSize / 2, padMode: 'reflect' },
  power: 2,
  filters: melFilters({ sampleRateHz, fftSize, bands: clapAudioConfig.bands, minHz: 50, maxHz: 14_000 }),
});

/** Log-mel `[1001, 64]` in dB of 10 s; what is shorter is repeated as often as it fits, and then padded with silence. */
export function clapMel(samples: Float32Array, spec = energySpec()): Float32Array {
  const repeated = new Float32Array(stretchSamples);
  if (samples.length > 0) {
    for (let at = 0; at + samples.length <= stretchSamples; at += samples.length) repeated.set(samples, at);
  }
  return decibels(melEnergies(repeated, spec).data);
}

/** The text tower, and the index tables of attention that torch keeps beside the weights. */
export function isBesideClapAudio(key: string): boolean {
  return (
    /^(?:text_model|text_projection)\./.test(key) ||
    /^logit_scale_[at]$/.test(key) ||
    key.endsWith('.relative_position_index')
  );
}

/**
 * Sounds longer than 10 s are cut into stretches of that length, as many as come nearest; the published front end takes
 * one of them at random.
 *
 * @throws FoleyError `weights-invalid` for parameters of another network
 */
export async function createClapEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
): Promise<AudioEmbedder> {
  const { bands, projectionWidth: width } = clapAudioConfig;
  const mel = input('mel', [1, frames, bands]);
  const embedding = clapAudio(parameters, mel);
  parameters.assertAllUsed(isBesideClapAudio);
  const session = await engine.compile(program('clap-audio', { inputs: [mel], outputs: { embedding } }));
  const spec = energySpec();
  return {
    id: `clap/${weightsId}`,
    sampleRateHz,
    width,
    classes: 0,
    async embed(samples) {
      const stretches = samples.length <= stretchSamples ? [samples] : evenStretches(samples, stretchSamples);
      const data = new Float32Array(stretches.length * width);
      for (const [index, stretch] of stretches.entries()) {
        const found = await session.run({ mel: tensor([1, frames, bands], clapMel(stretch, spec)) });
        const values = floats(found.embedding!);
        const length = Math.hypot(...values);
        data.set(
          values.map((value) => value / length),
          index * width,
        );
      }
      return { width, data, classLogits: null };
    },
    close: () => session.close(),
  };
}
