/** @file `unet/config.json` and a ControlNet's `config.json` as diffusers writes them. */
import type { UnetConfig } from '../unet-config.js';
import { unetNormEpsilon } from '../unet-config.js';
import { expectClass, PublishedJson } from './published-json.js';

// Keys and defaults: diffusers UNet2DConditionModel and ControlNetModel, 0.6 to 0.42.

/** What a ControlNet's file says: the UNet it was copied from, and its hint encoder. */
export interface PublishedControlNet {
  readonly unet: UnetConfig;
  /** Channels of the hint encoder, coarsest last; strides are 2 between them. */
  readonly hintChannels: readonly number[];
}

/** @throws FoleyError 'weights-invalid' naming the key that asks for what is not computed here. */
export function readUnetJson(json: unknown, file: string): UnetConfig {
  const config = new PublishedJson(json, file);
  expectClass(config, 'UNet2DConditionModel');
  const unet = readGeometry(config, config.count('out_channels', 4));
  config.only(
    'up_block_types',
    unet.attentionLevels
      .map((hasAttention) => (hasAttention ? 'CrossAttnUpBlock2D' : 'UpBlock2D'))
      .toReversed(),
  );
  config.only('conv_in_kernel', 3);
  config.only('conv_out_kernel', 3);
  config.end();
  return unet;
}

/** @throws FoleyError 'weights-invalid' naming the key that asks for what is not computed here. */
export function readControlNetJson(json: unknown, file: string): PublishedControlNet {
  const config = new PublishedJson(json, file);
  expectClass(config, 'ControlNetModel');
  const unet = readGeometry(config, config.count('in_channels', 4));
  const hintChannels = config.counts('conditioning_embedding_out_channels', [16, 32, 96, 256]);
  // the timing raster has one channel; absent means 3, a picture
  config.exactly('conditioning_channels', 1);
  config.only('global_pool_conditions', false);
  config.passOver('controlnet_conditioning_channel_order');
  config.end();
  return { unet, hintChannels };
}

/** What UNet and ControlNet have in common. */
function readGeometry(config: PublishedJson, outChannels: number): UnetConfig {
  const blockOutChannels = config.counts('block_out_channels', [320, 640, 1280, 1280]);
  const attentionLevels = config
    .texts('down_block_types', [
      'CrossAttnDownBlock2D',
      'CrossAttnDownBlock2D',
      'CrossAttnDownBlock2D',
      'DownBlock2D',
    ])
    .map((type) => type === 'CrossAttnDownBlock2D');
  config.only(
    'down_block_types',
    attentionLevels.map((hasAttention) => (hasAttention ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
  );
  const unet: UnetConfig = {
    inChannels: config.count('in_channels', 4),
    outChannels,
    blockOutChannels,
    attentionLevels,
    layersPerBlock: config.countOrCounts('layers_per_block', 1, 2)[0]!,
    // diffusers calls the number of heads their width
    heads: config.countOrCounts('attention_head_dim', blockOutChannels.length, 8),
    normGroups: config.count('norm_num_groups', 32),
    crossAttentionDim: config.count('cross_attention_dim', 1280),
  };
  config.only('act_fn', 'silu', 'swish');
  config.only('norm_eps', unetNormEpsilon);
  config.only('mid_block_type', 'UNetMidBlock2DCrossAttn');
  config.only('mid_block_scale_factor', 1);
  config.only('downsample_padding', 1);
  config.only('flip_sin_to_cos', true);
  config.only('freq_shift', 0);
  config.only('center_input_sample', false);
  config.only('transformer_layers_per_block', 1);
  config.only('resnet_time_scale_shift', 'default');
  config.only('resnet_out_scale_factor', 1);
  config.only('time_embedding_type', 'positional');
  config.only('attention_type', 'default');
  config.only('num_attention_heads');
  // a dense projection holds the bytes of the 1x1 convolution, so both load alike; precision is float32 everywhere
  config.passOver('use_linear_projection', 'upcast_attention');
  config.passOver('sample_size', 'dropout', 'addition_embed_type_num_heads');
  return unet;
}
