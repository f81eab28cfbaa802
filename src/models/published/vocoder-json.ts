/** @file `vocoder/config.json` as HiFi-GAN's code writes it: the generator's sizes and the mel it reads. */
import { FoleyError } from '../../errors/foley-error.js';
import { type HifiGanConfig, hifiGanHopSamples } from '../hifi-gan.js';
import type { ModelConfig } from '../model-config.js';
import { PublishedJson } from './published-json.js';

export interface PublishedVocoder {
  readonly vocoder: HifiGanConfig;
  /** Without the columns of a window, which the backbone decides. */
  readonly mel: Omit<ModelConfig['mel'], 'columns'>;
}

/** How the vocoder was trained. */
const training = [
  'adam_b1',
  'adam_b2',
  'batch_size',
  'dist_config',
  'fmax_for_loss',
  'learning_rate',
  'lr_decay',
  'num_freq',
  'num_gpus',
  'num_workers',
  'seed',
  'segment_size',
];

/** @throws FoleyError 'weights-invalid' naming the key that asks for what is not computed here. */
export function readVocoderJson(json: unknown, file: string): PublishedVocoder {
  const config = new PublishedJson(json, file);
  config.only('resblock', '1', 1);
  config.passOver(...training);
  const sampleRateHz = config.count('sampling_rate');
  const vocoder: HifiGanConfig = {
    kind: 'hifi-gan',
    bands: config.count('num_mels'),
    initialChannels: config.count('upsample_initial_channel'),
    upsampleRates: config.counts('upsample_rates'),
    upsampleKernels: config.counts('upsample_kernel_sizes'),
    residualKernels: config.counts('resblock_kernel_sizes'),
    residualDilations: config.countTable('resblock_dilation_sizes'),
  };
  const mel = {
    sampleRateHz,
    fftSize: config.count('n_fft'),
    hopSamples: config.count('hop_size'),
    windowSamples: config.count('win_size'),
    bands: vocoder.bands,
    minHz: config.number('fmin', 0),
    maxHz: config.number('fmax', sampleRateHz / 2),
  };
  config.end();
  const { upsampleRates, upsampleKernels, residualKernels, residualDilations } = vocoder;
  const faults = [
    hifiGanHopSamples(vocoder) === mel.hopSamples
      ? null
      : `upsample_rates multiply to ${hifiGanHopSamples(vocoder)} and hop_size is ${mel.hopSamples}`,
    upsampleKernels.length === upsampleRates.length
      ? null
      : 'upsample_kernel_sizes and upsample_rates differ in length',
    residualDilations.length === residualKernels.length
      ? null
      : 'resblock_dilation_sizes and resblock_kernel_sizes differ in length',
  ].filter((fault) => fault !== null);
  if (faults.length > 0) throw new FoleyError('weights-invalid', `${file}: ${faults.join(', ')}`);
  return { vocoder, mel };
}
