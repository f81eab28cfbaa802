/** @file EfficientNet-Lite: what an image shows, as 1280 features and 1000 ImageNet classes. */
import {
  add,
  conv2d,
  div,
  globalAveragePool2d,
  linear,
  mul,
  relu6,
  reshape,
  sqrt,
  sub,
  type Value,
} from '../graph/index.js';
import type { Parameters } from '../weights/parameters.js';

// Architecture: tensorflow/tpu models/official/efficientnet/lite (EfficientNet, Tan and Le 2019, without
// squeeze-and-excitation, with relu6, stem and head of fixed width). Key names: ml-illustrated/EfficientNet-Lite-PyTorch.

export interface EfficientNetLiteConfig {
  /** Factor on the channels of every stage. */
  readonly width: number;
  /** Factor on the repeats of every stage but the first and the last. */
  readonly depth: number;
  /** Pixels of a side of the input. */
  readonly imageSize: number;
  readonly features: number;
  readonly classes: number;
}

export const efficientNetLite = {
  lite0: { width: 1, depth: 1, imageSize: 224, features: 1280, classes: 1000 },
  lite1: { width: 1, depth: 1.1, imageSize: 240, features: 1280, classes: 1000 },
  lite2: { width: 1.1, depth: 1.2, imageSize: 260, features: 1280, classes: 1000 },
} as const satisfies Record<string, EfficientNetLiteConfig>;

interface Stage {
  readonly repeats: number;
  readonly kernel: number;
  readonly stride: number;
  readonly expansion: number;
  readonly channels: number;
}

/** efficientnet_builder.py, _DEFAULT_BLOCKS_ARGS. */
const stages: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expansion: 1, channels: 16 },
  { repeats: 2, kernel: 3, stride: 2, expansion: 6, channels: 24 },
  { repeats: 2, kernel: 5, stride: 2, expansion: 6, channels: 40 },
  { repeats: 3, kernel: 3, stride: 2, expansion: 6, channels: 80 },
  { repeats: 3, kernel: 5, stride: 1, expansion: 6, channels: 112 },
  { repeats: 4, kernel: 5, stride: 2, expansion: 6, channels: 192 },
  { repeats: 1, kernel: 3, stride: 1, expansion: 6, channels: 320 },
];
const stemChannels = 32;
const normEpsilon = 1e-3;

export interface EfficientNetOutput {
  /** Last feature map [B, features, imageSize/32, imageSize/32]. */
  readonly featureMap: Value;
  /** Its mean over positions [B, features]. */
  readonly features: Value;
  /** [B, classes], before the softmax. */
  readonly logits: Value;
}

/**
 * Looks at images.
 *
 * @param images [B, 3, imageSize, imageSize], RGB, normalised by `efficientNetPreprocessing`.
 */
export function efficientNet(
  p: Parameters,
  images: Value,
  config: EfficientNetLiteConfig,
): EfficientNetOutput {
  let x = relu6(
    normalisedConvolution(p.at('_conv_stem'), p.at('_bn0'), images, stemChannels, { kernel: 3, stride: 2 }),
  );
  let block = 0;
  stages.forEach((stage, index) => {
    const isFixed = index === 0 || index === stages.length - 1;
    const repeats = isFixed ? stage.repeats : Math.ceil(stage.repeats * config.depth);
    const channels = roundChannels(stage.channels * config.width);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const stride = repeat === 0 ? stage.stride : 1;
      x = invertedBottleneck(p.at(`_blocks.${block}`), x, { ...stage, stride, channels });
      block += 1;
    }
  });
  const featureMap = relu6(
    normalisedConvolution(p.at('_conv_head'), p.at('_bn1'), x, config.features, { kernel: 1 }),
  );
  const features = globalAveragePool2d(featureMap);
  return { featureMap, features, logits: classLogits(p, features, config) };
}

/** The classifier: features `[..., features]`, of the whole image or of one position, to logits `[..., classes]`. */
export function classLogits(p: Parameters, features: Value, config: EfficientNetLiteConfig): Value {
  const weight = p.get('_fc.weight', [config.classes, config.features]);
  return linear(features, weight, p.get('_fc.bias', [config.classes]));
}

/** Widen, filter each channel by itself, narrow; the input is added where the size stays the same. */
function invertedBottleneck(p: Parameters, x: Value, stage: Omit<Stage, 'repeats'>): Value {
  const { kernel, stride, expansion, channels } = stage;
  const inChannels = x.shape[1]!;
  const wide = inChannels * expansion;
  let hidden = x;
  if (expansion !== 1) {
    hidden = relu6(normalisedConvolution(p.at('_expand_conv'), p.at('_bn0'), hidden, wide, { kernel: 1 }));
  }
  const filter = { kernel, stride, groups: wide };
  hidden = relu6(normalisedConvolution(p.at('_depthwise_conv'), p.at('_bn1'), hidden, wide, filter));
  hidden = normalisedConvolution(p.at('_project_conv'), p.at('_bn2'), hidden, channels, { kernel: 1 });
  return stride === 1 && inChannels === channels ? add(hidden, x) : hidden;
}

interface ConvolutionShape {
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
}

/** A convolution whose batch normalisation (running statistics) is folded into its weights when the graph is loaded. */
function normalisedConvolution(
  convolution: Parameters,
  norm: Parameters,
  x: Value,
  channels: number,
  { kernel, stride = 1, groups = 1 }: ConvolutionShape,
): Value {
  const weight = convolution.get('weight', [channels, x.shape[1]! / groups, kernel, kernel]);
  const vector = (name: string) => norm.get(name, [channels]);
  const scale = div(vector('weight'), sqrt(add(vector('running_var'), normEpsilon)));
  const scaledWeight = mul(weight, reshape(scale, [channels, 1, 1, 1]));
  const bias = sub(vector('bias'), mul(vector('running_mean'), scale));
  const [top, bottom] = samePadding(x.shape[2]!, kernel, stride);
  const [left, right] = samePadding(x.shape[3]!, kernel, stride);
  return conv2d(x, scaledWeight, bias, { stride, groups, padding: [top, left, bottom, right] });
}

/** TensorFlow's SAME padding: ceil(size / stride) results, the odd pixel at the end. */
function samePadding(size: number, kernel: number, stride: number): readonly [before: number, after: number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** To a multiple of 8, but not more than 10 % down. */
function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
