/** @file `vae/config.json` as diffusers writes it for AutoencoderKL. */
import type { AutoencoderConfig } from '../autoencoder.js';
import { expectClass, PublishedJson } from './published-json.js';

/** Stable Diffusion's factor; files before diffusers 0.11 leave it out. */
const defaultScalingFactor = 0.18215;

/** @throws FoleyError 'weights-invalid' naming the key that asks for what is not computed here. */
export function readVaeJson(json: unknown, file: string): AutoencoderConfig {
  const config = new PublishedJson(json, file);
  expectClass(config, 'AutoencoderKL');
  const blockOutChannels = config.counts('block_out_channels', [64]);
  const imageChannels = config.count('in_channels', 3);
  config.only('out_channels', imageChannels);
  config.only(
    'down_block_types',
    blockOutChannels.map(() => 'DownEncoderBlock2D'),
  );
  config.only(
    'up_block_types',
    blockOutChannels.map(() => 'UpDecoderBlock2D'),
  );
  config.only('act_fn', 'silu', 'swish');
  config.only('shift_factor', 0);
  config.only('latents_mean');
  config.only('latents_std');
  config.only('use_quant_conv', true);
  config.only('use_post_quant_conv', true);
  config.only('mid_block_add_attention', true);
  config.passOver('sample_size', 'force_upcast');
  const autoencoder: AutoencoderConfig = {
    imageChannels,
    latentChannels: config.count('latent_channels', 4),
    blockOutChannels,
    layersPerBlock: config.count('layers_per_block', 1),
    normGroups: config.count('norm_num_groups', 32),
    pixelUnshuffle: 1,
    scalingFactor: config.number('scaling_factor', defaultScalingFactor),
  };
  config.end();
  return autoencoder;
}
