/** @file The spectrogram of a sound as pixels, with the mel that the models themselves use. */
import { melToImage } from '../../audio/mel-image.js';
import { auffusionMelSpec, melSpectrogram } from '../../audio/mel-spectrogram.js';
import { magma } from '../../pictures/theme.js';

export interface MelPicture {
  readonly width: number;
  readonly height: number;
  /** RGBA, the highest band in the first row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Pixels are dear; a long sound gets fewer columns a second. */
const mostColumns = 8192;
/** Two bands a pixel: 128 rows are more than a lane shows. */
const bands = 128;
/** The image's 1 is a magnitude of 200, which no wave comes near. */
const loudestDrawn = 0.85;

/** @param samples mono */
export function drawMel(samples: Float32Array, sampleRateHz: number): MelPicture {
  const spec = {
    ...auffusionMelSpec,
    sampleRateHz,
    bands,
    // 10 ms, or as much as keeps the picture narrow enough; a hop cannot be longer than the frame it cuts out
    hopSamples: Math.min(
      auffusionMelSpec.fftSize,
      2 * Math.ceil(Math.max(sampleRateHz / 200, samples.length / mostColumns / 2)),
    ),
    maxHz: Math.min(8000, sampleRateHz / 2),
  };
  const image = melToImage(melSpectrogram(atLeast(samples, spec.fftSize), spec));
  const width = Math.min(image.columns, mostColumns);
  const pixels = new Uint8ClampedArray(width * bands * 4);
  for (let band = 0; band < bands; band++) {
    const row = bands - 1 - band;
    for (let x = 0; x < width; x++) {
      const first = Math.floor((x * image.columns) / width);
      const end = Math.max(first + 1, Math.floor(((x + 1) * image.columns) / width));
      let value = 0;
      for (let column = first; column < end; column++)
        value = Math.max(value, image.data[band * image.columns + column]!);
      const at = (row * width + x) * 4;
      pixels.set(magma(value / loudestDrawn), at);
      pixels[at + 3] = 255;
    }
  }
  return { width, height: bands, pixels };
}

/** A spectrogram needs samples to mirror. */
function atLeast(samples: Float32Array, count: number): Float32Array {
  if (samples.length >= count) return samples;
  const longer = new Float32Array(count);
  longer.set(samples);
  return longer;
}
