/** @file What every vocoder is: a function from a log-mel to samples, and the mel it was made for. */
import type { Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { type HifiGanConfig, hifiGan, hifiGanHopSamples } from './hifi-gan.js';
import { type InverseStftVocoderConfig, inverseStftVocoder } from './inverse-stft-vocoder.js';

export type VocoderConfig = HifiGanConfig | InverseStftVocoderConfig;

export interface Vocoder {
  /** Mel bands it reads. */
  readonly bands: number;
  /** Samples it makes out of one mel column. */
  readonly hopSamples: number;
  /** Log-mel `[B, bands, columns]` (natural logarithm) -> samples `[B, columns * hopSamples]`. */
  wave(p: Parameters, mel: Value): Value;
}

/** The vocoder that a configuration describes. */
export function vocoderOf(config: VocoderConfig): Vocoder {
  switch (config.kind) {
    case 'hifi-gan':
      return {
        bands: config.bands,
        hopSamples: hifiGanHopSamples(config),
        wave: (p, mel) => hifiGan(p, mel, config),
      };
    case 'inverse-stft':
      return {
        bands: config.bands,
        hopSamples: config.hopSamples,
        wave: (p, mel) => inverseStftVocoder(p, mel, config),
      };
  }
}
