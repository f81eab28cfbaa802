/**
 * @file A light vocoder: ConvNeXt blocks at the mel's own rate predict magnitude and phase of each frame, and an
 * inverse STFT makes the samples.
 * Reference: Siuzdak 2023, "Vocos" (keys, layer scale, magnitude clipped at 100, "same" trimming).
 */
import { add, cos, exp, gelu, minimum, mul, sin, split, transpose, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { convolution1d, dense, normalizeLast } from './layers.js';
import { hannWindow, inverseStft } from './stft.js';

export interface InverseStftVocoderConfig {
  readonly kind: 'inverse-stft';
  readonly bands: number;
  readonly channels: number;
  readonly hiddenChannels: number;
  readonly blocks: number;
  readonly fftSize: number;
  readonly hopSamples: number;
}

const epsilon = 1e-6;
const largestMagnitude = 100;

/** Log-mel `[B, bands, columns]` -> samples `[B, columns * hopSamples]`, not clamped. */
export function inverseStftVocoder(p: Parameters, mel: Value, config: InverseStftVocoderConfig): Value {
  const { real, imaginary } = predictSpectrum(p, mel, config);
  return inverseStft(real, imaginary, config.fftSize, config.hopSamples, hannWindow(config.fftSize));
}

/** The complex spectrum of each column, `[B, columns, fftSize / 2 + 1]` each. */
export function predictSpectrum(
  p: Parameters,
  mel: Value,
  config: InverseStftVocoderConfig,
): { real: Value; imaginary: Value } {
  const backbone = p.at('backbone');
  let hidden = columnsLast(convolution1d(backbone.at('embed'), mel, config.channels, 7));
  hidden = normalizeLast(backbone.at('norm'), hidden, epsilon); // [B, columns, channels] from here on
  for (let block = 0; block < config.blocks; block++) {
    hidden = convNextBlock(backbone.at(`convnext.${block}`), hidden, config.hiddenChannels);
  }
  hidden = normalizeLast(backbone.at('final_layer_norm'), hidden, epsilon);
  const bins = config.fftSize / 2 + 1;
  const [logMagnitude, phase] = split(dense(p.at('head.out'), hidden, 2 * bins), 2, [bins, bins]);
  // Clipping the logarithm keeps exp finite in training as well.
  const magnitude = exp(minimum(logMagnitude!, Math.log(largestMagnitude)));
  return { real: mul(magnitude, cos(phase!)), imaginary: mul(magnitude, sin(phase!)) };
}

/** Depthwise 7, norm, expand, GELU, contract, scale by `gamma`, around a shortcut. `[B, columns, C]` -> same. */
function convNextBlock(p: Parameters, x: Value, hiddenChannels: number): Value {
  const channels = x.shape[2]!;
  const local = convolution1d(p.at('dwconv'), columnsLast(x), channels, 7, { groups: channels });
  let hidden = normalizeLast(p.at('norm'), columnsLast(local), epsilon);
  hidden = gelu(dense(p.at('pwconv1'), hidden, hiddenChannels));
  hidden = dense(p.at('pwconv2'), hidden, channels);
  return add(x, mul(hidden, p.get('gamma', [channels])));
}

/** Swaps the last two axes. */
function columnsLast(x: Value): Value {
  return transpose(x, [0, 2, 1]);
}
