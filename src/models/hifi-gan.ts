/**
 * @file HiFi-GAN generator with Auffusion's sizes: transposed convolutions, each followed by the mean of three
 * residual branches with different reach.
 * References: Kong et al. 2020, "HiFi-GAN"; Auffusion `converter.py` (keys, slopes, odd kernel differences).
 * Weight normalisation (`weight_g`, `weight_v`) is resolved by `Parameters`.
 */
import { add, convTranspose1d, leakyRelu, mul, reshape, tanh, type Value } from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';
import { convolution1d } from './layers.js';

export interface HifiGanConfig {
  readonly kind: 'hifi-gan';
  readonly bands: number;
  readonly initialChannels: number;
  readonly upsampleRates: readonly number[];
  readonly upsampleKernels: readonly number[];
  readonly residualKernels: readonly number[];
  /** Dilations of each residual kernel. */
  readonly residualDilations: readonly (readonly number[])[];
}

const innerSlope = 0.1;
const lastSlope = 0.01; // torch's default, used before the last convolution only

/** Samples made out of one mel column. */
export function hifiGanHopSamples(config: HifiGanConfig): number {
  return config.upsampleRates.reduce((product, rate) => product * rate, 1);
}

/** Log-mel `[B, bands, columns]` -> samples in -1..1 `[B, columns * hop]`. */
export function hifiGan(p: Parameters, mel: Value, config: HifiGanConfig): Value {
  const branches = config.residualKernels.length;
  let hidden = convolution1d(p.at('conv_pre'), mel, config.initialChannels, 7);
  config.upsampleRates.forEach((rate, stage) => {
    const channels = config.initialChannels / 2 ** (stage + 1);
    const kernel = config.upsampleKernels[stage]!;
    hidden = lengthen(p.at(`ups.${stage}`), leakyRelu(hidden, innerSlope), channels, kernel, rate);
    const outputs = config.residualKernels.map((size, branch) =>
      residualBranch(
        p.at(`resblocks.${stage * branches + branch}`),
        hidden,
        size,
        config.residualDilations[branch]!,
      ),
    );
    hidden = mul(outputs.reduce(add), 1 / branches);
  });
  const wave = tanh(convolution1d(p.at('conv_post'), leakyRelu(hidden, lastSlope), 1, 7)); // [B, 1, samples]
  return reshape(wave, [wave.shape[0]!, -1]);
}

/** Makes `[B, C, T]` exactly `rate` times as long; an odd difference of kernel and rate takes one sample more on the right. */
function lengthen(p: Parameters, x: Value, channels: number, kernel: number, rate: number): Value {
  const weight = p.get('weight', [x.shape[1]!, channels, kernel]);
  const odd = (kernel - rate) % 2;
  const padding = (kernel - rate - odd) / 2 + odd;
  return convTranspose1d(x, weight, p.get('bias', [channels]), { stride: rate, padding, outputPadding: odd });
}

/** HiFi-GAN's residual block of type 1: for each dilation a dilated and a plain convolution around a shortcut. */
function residualBranch(p: Parameters, x: Value, kernel: number, dilations: readonly number[]): Value {
  const channels = x.shape[1]!;
  return dilations.reduce((hidden, dilation, i) => {
    const dilated = convolution1d(p.at(`convs1.${i}`), leakyRelu(hidden, innerSlope), channels, kernel, {
      dilation,
    });
    return add(hidden, convolution1d(p.at(`convs2.${i}`), leakyRelu(dilated, innerSlope), channels, kernel));
  }, x);
}
