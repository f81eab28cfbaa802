/** @file Configuration files as the published repositories have them become the presets; what is not computed is refused. */
import { describe, expect, it } from 'vitest';
import { clipH14, clipL14 } from '../../../src/models/clip.js';
import { foleycrafter } from '../../../src/models/presets.js';
import {
  checkPreprocessorJson,
  frameAdapterOfShapes,
  hintEncoderOfShapes,
  readClipJson,
  readClipVocabulary,
  readControlNetJson,
  readSchedulerJson,
  readUnetJson,
  readVaeJson,
  readVocoderJson,
} from '../../../src/models/published/index.js';

/** What Stable Diffusion 1.5's repository says, written by diffusers 0.6; Auffusion's weights have its shapes. */
const oldUnet = {
  _class_name: 'UNet2DConditionModel',
  _diffusers_version: '0.6.0',
  act_fn: 'silu',
  attention_head_dim: 8,
  block_out_channels: [320, 640, 1280, 1280],
  center_input_sample: false,
  cross_attention_dim: 768,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  out_channels: 4,
  sample_size: 64,
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
};

/** Keys that diffusers 0.42 adds (UNet2DConditionModel(...).save_pretrained). */
const newKeys = {
  addition_embed_type: null,
  addition_embed_type_num_heads: 64,
  addition_time_embed_dim: null,
  attention_type: 'default',
  class_embed_type: null,
  class_embeddings_concat: false,
  conv_in_kernel: 3,
  conv_out_kernel: 3,
  cross_attention_norm: null,
  dropout: 0,
  dual_cross_attention: false,
  encoder_hid_dim: null,
  encoder_hid_dim_type: null,
  mid_block_only_cross_attention: null,
  mid_block_type: 'UNetMidBlock2DCrossAttn',
  num_attention_heads: null,
  num_class_embeds: null,
  only_cross_attention: false,
  projection_class_embeddings_input_dim: null,
  resnet_out_scale_factor: 1,
  resnet_skip_time_act: false,
  resnet_time_scale_shift: 'default',
  reverse_transformer_layers_per_block: null,
  time_cond_proj_dim: null,
  time_embedding_act_fn: null,
  time_embedding_dim: null,
  time_embedding_type: 'positional',
  timestep_post_act: null,
  transformer_layers_per_block: 1,
  upcast_attention: false,
  use_linear_projection: false,
};

const vae = {
  _class_name: 'AutoencoderKL',
  _diffusers_version: '0.6.0',
  act_fn: 'silu',
  block_out_channels: [128, 256, 512, 512],
  down_block_types: Array.from({ length: 4 }, () => 'DownEncoderBlock2D'),
  in_channels: 3,
  latent_channels: 4,
  layers_per_block: 2,
  norm_num_groups: 32,
  out_channels: 3,
  sample_size: 512,
  up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
};

const scheduler = {
  _class_name: 'PNDMScheduler',
  _diffusers_version: '0.6.0',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
  clip_sample: false,
};

/** camenduru/FoleyCrafter-hf configs/auffusion/vocoder/config.json */
const vocoder = {
  resblock: '1',
  num_gpus: 0,
  batch_size: 16,
  learning_rate: 0.0002,
  adam_b1: 0.8,
  adam_b2: 0.99,
  lr_decay: 0.999,
  seed: 1234,
  upsample_rates: [5, 4, 4, 2],
  upsample_kernel_sizes: [11, 8, 8, 4],
  upsample_initial_channel: 512,
  resblock_kernel_sizes: [3, 7, 11],
  resblock_dilation_sizes: [
    [1, 3, 5],
    [1, 3, 5],
    [1, 3, 5],
  ],
  segment_size: 5120,
  num_mels: 256,
  num_freq: 2049,
  n_fft: 2048,
  hop_size: 160,
  win_size: 1024,
  sampling_rate: 16000,
  fmin: 0,
  fmax: null,
  fmax_for_loss: null,
  num_workers: 4,
  dist_config: { dist_backend: 'nccl', dist_url: 'tcp://localhost:54321', world_size: 1 },
};

const textTower = {
  architectures: ['CLIPTextModel'],
  attention_dropout: 0,
  bos_token_id: 0,
  dropout: 0,
  eos_token_id: 2,
  hidden_act: 'quick_gelu',
  hidden_size: 768,
  initializer_factor: 1,
  initializer_range: 0.02,
  intermediate_size: 3072,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 77,
  model_type: 'clip_text_model',
  num_attention_heads: 12,
  num_hidden_layers: 12,
  pad_token_id: 1,
  projection_dim: 768,
  torch_dtype: 'float32',
  transformers_version: '4.22.0.dev0',
  vocab_size: 49_408,
};

const imageTower = {
  architectures: ['CLIPVisionModelWithProjection'],
  hidden_act: 'gelu',
  hidden_size: 1280,
  image_size: 224,
  intermediate_size: 5120,
  model_type: 'clip_vision_model',
  num_attention_heads: 16,
  num_channels: 3,
  num_hidden_layers: 32,
  patch_size: 14,
  projection_dim: 1024,
};

/** As transformers 4 wrote both towers in one file: each with every setting of text generation. */
const bothTowers = {
  model_type: 'clip',
  projection_dim: 1024,
  logit_scale_init_value: 2.6592,
  text_config: {
    ...textTower,
    hidden_act: 'gelu',
    hidden_size: 1024,
    intermediate_size: 4096,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    projection_dim: 512,
    diversity_penalty: 0,
    id2label: { 0: 'LABEL_0' },
    length_penalty: 1,
    max_length: 20,
    return_dict: true,
    temperature: 1,
    tie_word_embeddings: true,
    top_k: 50,
    torchscript: false,
    bad_words_ids: null,
    pruned_heads: {},
  },
  vision_config: { ...imageTower, projection_dim: 512 },
};

describe('published configurations', () => {
  it('of Auffusion are the preset', () => {
    expect(readUnetJson(oldUnet, 'unet')).toEqual(foleycrafter.unet);
    expect(readUnetJson({ ...oldUnet, ...newKeys }, 'unet')).toEqual(foleycrafter.unet);
    expect(readVaeJson(vae, 'vae')).toEqual(foleycrafter.autoencoder);
    expect(readSchedulerJson(scheduler, 'scheduler')).toEqual(foleycrafter.diffusion);
    const { columns: _, ...mel } = foleycrafter.mel;
    expect(readVocoderJson(vocoder, 'vocoder')).toEqual({ vocoder: foleycrafter.vocoder, mel });
    expect(readClipJson(textTower, 'text')).toEqual({ text: clipL14.text, image: null });
  });

  it('of ViT-H/14 are the preset, alone and both towers in one', () => {
    expect(readClipJson(imageTower, 'image')).toEqual({ text: null, image: clipH14.image });
    expect(readClipJson(bothTowers, 'both')).toEqual(clipH14);
  });

  it('of a ControlNet are the UNet and the hint encoder', () => {
    const { out_channels: _, sample_size: __, up_block_types: ___, ...geometry } = oldUnet;
    const net = {
      ...geometry,
      _class_name: 'ControlNetModel',
      conditioning_channels: 1,
      conditioning_embedding_out_channels: [16, 32, 96, 256],
      global_pool_conditions: false,
      controlnet_conditioning_channel_order: 'rgb',
    };
    const { hintChannels, unet } = readControlNetJson(net, 'net');
    expect(hintChannels).toEqual(foleycrafter.temporalAdapter.hintChannels);
    expect(unet).toEqual(foleycrafter.unet);
    const { conditioning_channels: ____, ...picture } = net;
    expect(() => readControlNetJson(picture, 'net')).toThrow('net: conditioning_channels is missing');
    expect(() => readControlNetJson({ ...net, conditioning_channels: 3 }, 'net')).toThrow(
      'conditioning_channels is 3',
    );
  });
});

describe('what is not computed is refused by file and key', () => {
  it.each([
    ['use of class embeddings', { class_embed_type: 'timestep' }, 'class_embed_type is "timestep"'],
    ['heads counted another way', { num_attention_heads: 8 }, 'num_attention_heads is 8'],
    ['deeper transformers', { transformer_layers_per_block: 2 }, 'transformer_layers_per_block is 2'],
    ['layers that differ by level', { layers_per_block: [1, 2, 2, 2] }, 'layers_per_block is [1,2,2,2]'],
    ['an epsilon of another size', { norm_eps: 1e-6 }, 'norm_eps is 0.000001'],
    [
      'other blocks',
      { down_block_types: ['AttnDownBlock2D', 'DownBlock2D'] },
      'down_block_types is ["AttnDownBlock2D"',
    ],
    [
      'a way up that is not the way down',
      { up_block_types: ['UpBlock2D'] },
      'up_block_types is ["UpBlock2D"]',
    ],
    ['text widths by level', { cross_attention_dim: [768, 768] }, 'cross_attention_dim is [768,768]'],
    ['another embedding of time', { time_embedding_type: 'fourier' }, 'time_embedding_type is "fourier"'],
  ])('a UNet with %s', (_, change, message) => {
    expect(() => readUnetJson({ ...oldUnet, ...newKeys, ...change }, 'unet/config.json')).toThrow(
      `unet/config.json: ${message}`,
    );
  });

  it.each([
    ['latents_mean', [0, 0, 0, 0]],
    ['shift_factor', 0.1159],
    ['use_quant_conv', false],
    ['mid_block_add_attention', false],
    ['out_channels', 4],
  ])('a VAE with %s', (key, value) => {
    expect(() => readVaeJson({ ...vae, [key]: value }, 'vae')).toThrow(
      `vae: ${key} is ${JSON.stringify(value)}`,
    );
  });

  it.each([
    ['beta_schedule', 'squaredcos_cap_v2'],
    ['prediction_type', 'sample'],
    ['trained_betas', [0.1]],
    ['rescale_betas_zero_snr', true],
  ])('a scheduler with %s', (key, value) => {
    expect(() => readSchedulerJson({ ...scheduler, [key]: value }, 's')).toThrow(
      `s: ${key} is ${JSON.stringify(value)}`,
    );
  });

  it('a scheduler that leaves its betas to a default, which is not ours', () => {
    const { beta_schedule: _, ...rest } = scheduler;
    expect(() => readSchedulerJson(rest, 's')).toThrow('s: beta_schedule is missing');
  });

  it('a vocoder whose rates do not make its hop', () => {
    expect(() => readVocoderJson({ ...vocoder, hop_size: 256 }, 'v')).toThrow(
      'upsample_rates multiply to 160',
    );
  });

  it('a tower inside a file, with the path to its key', () => {
    const json = { ...bothTowers, vision_config: { ...bothTowers.vision_config, hidden_act: 'relu' } };
    expect(() => readClipJson(json, 'clip')).toThrow('clip: vision_config.hidden_act is "relu"');
  });

  it('pictures prepared another way', () => {
    const json = {
      crop_size: 224,
      do_resize: true,
      resample: 3,
      image_std: [0.26862954, 0.2613026, 0.27577711],
      size: 224,
    };
    expect(() => checkPreprocessorJson(json, 'p', 224)).not.toThrow();
    expect(() => checkPreprocessorJson({ ...json, resample: 2 }, 'p', 224)).toThrow('p: resample is 2');
    expect(() => checkPreprocessorJson({ ...json, do_center_crop: false }, 'p', 224)).toThrow(
      'do_center_crop is false',
    );
  });

  it('anything that is no object', () => {
    for (const json of [null, [], 'text', 3])
      expect(() => readUnetJson(json, 'u')).toThrow('u: the file is no JSON object');
  });
});

describe('adapters without configuration', () => {
  const shapes = (entries: Record<string, number[]>) =>
    new Map(Object.entries(entries).map(([name, shape]) => [name, { shape }]));
  const preset = foleycrafter.frameAdapter;

  it('show tokens, widths and normalisation in their shapes', () => {
    const four = shapes({ 'image_proj.proj.weight': [3072, 1024], 'image_proj.norm.weight': [768] });
    expect(frameAdapterOfShapes(four, preset, 'a')).toEqual(preset);
    const one = shapes({ 'image_proj.proj.weight': [768, 1280], 'image_proj.position.weight': [308, 768] });
    expect(frameAdapterOfShapes(one, { ...preset, pooling: 'none' }, 'a')).toMatchObject({
      embeddingDim: 1280,
      tokensPerFrame: 1,
      projection: 'linear',
      position: 'learned',
    });
  });

  it('are refused when they are of another kind', () => {
    const plus = shapes({ 'image_proj.latents': [1, 16, 768] });
    expect(() => frameAdapterOfShapes(plus, preset, 'plus.safetensors')).toThrow(
      'plus.safetensors: image_proj.proj.weight is missing',
    );
    const two = shapes({ 'image_proj.proj.weight': [1536, 1024], 'image_proj.norm.weight': [768] });
    expect(() => frameAdapterOfShapes(two, preset, 'a')).toThrow('neither one nor four tokens');
    const rgb = shapes({ 'controlnet_cond_embedding.conv_in.weight': [16, 3, 3, 3] });
    expect(() => hintEncoderOfShapes(rgb, foleycrafter.temporalAdapter, 'c')).toThrow(
      'reads 3 channels in 1 levels',
    );
  });
});

describe('tokenizer files', () => {
  const ids = { '<|startoftext|>': 0, '<|endoftext|>': 1, '!': 2 };
  const files = {
    vocabulary: { json: ids, file: 'vocab.json' },
    merges: { text: '#version: 0.2\n', file: 'merges.txt' },
    tokenizer: null,
    settings: [],
  };

  it('fill rows with the end of text, or with what they say', () => {
    expect(readClipVocabulary(files).paddingId).toBe(1);
    const settings = [{ json: { pad_token: { content: '!' } }, file: 'special_tokens_map.json' }];
    expect(readClipVocabulary({ ...files, settings }).paddingId).toBe(2);
    const unknown = [{ json: { pad_token: '[PAD]' }, file: 'tokenizer_config.json' }];
    expect(() => readClipVocabulary({ ...files, settings: unknown })).toThrow(
      'vocab.json lacks the padding token "[PAD]"',
    );
  });

  it('may be one', () => {
    const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
    const json = { model, added_tokens: [{ id: 3, content: '<|endoftext|>' }] };
    const tokenizer = { json, file: 'tokenizer.json' };
    expect(readClipVocabulary({ ...files, vocabulary: null, tokenizer })).toEqual({
      vocabulary: { a: 0, b: 1, ab: 2, '<|endoftext|>': 3 },
      merges: 'a b',
      paddingId: 3,
    });
    const words = { json: { model: { ...model, type: 'WordPiece' } }, file: 'tokenizer.json' };
    expect(() => readClipVocabulary({ ...files, vocabulary: null, tokenizer: words })).toThrow(
      'tokenizer.json: model.type is "WordPiece"',
    );
  });

  it('are refused when they hold no numbers', () => {
    const vocabulary = { json: { a: 'b' }, file: 'vocab.json' };
    expect(() => readClipVocabulary({ ...files, vocabulary })).toThrow(
      'vocab.json is no table of token numbers',
    );
  });
});
