/** @file The ceilings of a model: a true sound through its vocoder alone, and through its autoencoder and vocoder. */
import { melToImage } from '../../audio/mel-image.js';
import { melSpectrogram } from '../../audio/mel-spectrogram.js';
import type { Engine } from '../../engine/engine.js';
import { findModel } from '../../foley/model/find-model.node.js';
import { openSynthesizerParts } from '../../foley/model/open-parts.node.js';
import type { FoleyRequest } from '../../foley/request.js';
import type { FoleyStations } from '../../foley/stations.js';
import { floats, input, program, tensor } from '../../graph/index.js';
import { decodeLatents, encodeImage } from '../../models/autoencoder.js';
import { imageForEncoder, imageOfEncoder } from '../../training/mel-crops.js';

export interface Reconstruction {
  /** @param samples at the mel's rate, no longer than a window */
  throughVocoder(samples: Float32Array): Promise<Float32Array>;
  throughAutoencoder(samples: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens the encoder beside stations that are open. @throws as `findModel`, and `weights-invalid` without an encoder */
export async function openReconstruction(
  request: FoleyRequest,
  { mel, synthesizer }: Pick<FoleyStations, 'mel' | 'synthesizer'>,
  engine: Engine,
): Promise<Reconstruction> {
  const bare = { sound: true, sight: false, labels: false, frameAdapter: false, temporalAdapter: false };
  const model = await findModel(request, () => bare);
  const { vae } = await openSynthesizerParts(model);
  const { autoencoder } = model.config;
  const { bands, columns } = model.config.mel;
  const shape = [1, autoencoder.imageChannels, bands, columns];
  const image = input('image', shape);
  const decoded = decodeLatents(vae, encodeImage(vae, image, autoencoder).mean, autoencoder);
  const session = await engine.compile(program('code-mel', { inputs: [image], outputs: { decoded } }));
  const windowSamples = columns * mel.hopSamples;
  const imageOf = (samples: Float32Array): Float32Array => {
    const window = new Float32Array(windowSamples);
    window.set(samples.subarray(0, windowSamples));
    const found = melToImage(melSpectrogram(window, mel));
    const fitted = new Float32Array(bands * columns); // a spectrogram may have a column more
    for (let band = 0; band < bands; band++) {
      const start = band * found.columns;
      fitted.set(found.data.subarray(start, start + Math.min(columns, found.columns)), band * columns);
    }
    return fitted;
  };
  const voiced = async (data: Float32Array, length: number): Promise<Float32Array> =>
    (await synthesizer.vocode({ bands, columns, data })).slice(0, length);
  return {
    throughVocoder: (samples) => voiced(imageOf(samples), samples.length),
    async throughAutoencoder(samples) {
      const turned = imageForEncoder(imageOf(samples), bands, columns);
      const channels = new Float32Array(autoencoder.imageChannels * bands * columns);
      for (let channel = 0; channel < autoencoder.imageChannels; channel++)
        channels.set(turned, channel * turned.length);
      const outputs = await session.run({ image: tensor(shape, channels) });
      const first = floats(outputs.decoded!).subarray(0, bands * columns);
      return voiced(imageOfEncoder(first, bands, columns), samples.length);
    },
    close: () => session.close(),
  };
}
