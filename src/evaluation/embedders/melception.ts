/** @file Melception: Inception v3 on mel pictures of 10 s, with VGGSound's 309 classes; what SpecVQGAN and FoleyCrafter measure with. */
import { melFilters } from '../../audio/mel-filterbank.js';
import type { Engine } from '../../engine/engine.js';
import { floats, input, program, tensor } from '../../graph/index.js';
import type { Parameters } from '../../weights/parameters.js';
import type { AudioEmbedder } from './audio-embedder.js';
import { melception, melceptionConfig } from './inception.js';
import { bandsFirst, evenStretches, type MelEnergySpec, melEnergies } from './mel-energies.js';
import { melceptionDeviations, melceptionMeans } from './melception-statistics.js';

const width = 2048;
const sampleRateHz = 22_050;
const stretchSamples = 10 * sampleRateHz;
const columns = 860;
const fftSize = 1024;
const bands = 80;

// librosa 0.8, which the published mels were made with, mirrors the ends of a sound
const energySpec = (): MelEnergySpec => ({
  stft: { fftSize, hopSamples: 256, windowSamples: fftSize, padSamples: fftSize / 2, padMode: 'reflect' },
  power: 1,
  filters: melFilters({ sampleRateHz, fftSize, bands, minHz: 125, maxHz: 7600 }),
});

/** The standardised mel picture `[80, 860]` of 10 s at 22,050 Hz: 100 dB below 10 times full scale become 0..1. */
export function melceptionPicture(tenSeconds: Float32Array, spec = energySpec()): Float32Array {
  const energies = melEnergies(tenSeconds, spec);
  const picture = bandsFirst(energies, energies.data);
  const standardised = new Float32Array(bands * columns);
  for (let band = 0; band < bands; band++) {
    for (let column = 0; column < columns; column++) {
      const magnitude = Math.max(1e-5, picture[band * energies.frames + column]!);
      const value = Math.min(1, Math.max(0, (20 * Math.log10(magnitude) - 20 + 100) / 100));
      standardised[band * columns + column] = (value - melceptionMeans[band]!) / melceptionDeviations[band]!;
    }
  }
  return standardised;
}

/** The second classifier, which helps in training alone. */
export function isBesideMelception(key: string): boolean {
  return key.startsWith('AuxLogits.');
}

/**
 * Sounds are cut into stretches of 10 s, as many as come nearest, the last one padded with silence where there is one
 * alone; class logits are the mean over the stretches.
 *
 * @throws FoleyError `weights-invalid` for parameters of another network
 */
export async function createMelceptionEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
): Promise<AudioEmbedder> {
  const picture = input('picture', [1, 1, bands, columns]);
  const outputs = { ...melception(parameters, picture) };
  parameters.assertAllUsed(isBesideMelception);
  const session = await engine.compile(program('melception', { inputs: [picture], outputs }));
  const spec = energySpec();
  return {
    id: `melception/${weightsId}`,
    sampleRateHz,
    width,
    classes: melceptionConfig.classes,
    async embed(samples) {
      const stretches = evenStretches(samples, stretchSamples);
      const data = new Float32Array(stretches.length * width);
      const classLogits = new Float32Array(melceptionConfig.classes);
      const inceptionLogits = new Float32Array(melceptionConfig.classes);
      for (const [index, stretch] of stretches.entries()) {
        const values = melceptionPicture(stretch, spec);
        const found = await session.run({ picture: tensor([1, 1, bands, columns], values) });
        data.set(floats(found.embedding!), index * width);
        addShare(classLogits, floats(found.logits!), stretches.length);
        addShare(inceptionLogits, floats(found.unbiasedLogits!), stretches.length);
      }
      return { width, data, classLogits, inceptionLogits };
    },
    close: () => session.close(),
  };
}

function addShare(sum: Float32Array, values: Float32Array, count: number): void {
  for (let at = 0; at < sum.length; at++) sum[at]! += values[at]! / count;
}
