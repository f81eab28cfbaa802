/** @file The `config.json` of CLIP's towers as transformers writes it, alone or both in one. */
import { FoleyError } from '../../errors/foley-error.js';
import type { ClipImageConfig, ClipTextConfig, ClipTransformerConfig } from '../clip.js';
import { clipPreprocessing } from '../image-preprocessing.js';
import { PublishedJson } from './published-json.js';

// Keys and defaults: transformers CLIPConfig, CLIPTextConfig and CLIPVisionConfig, 4.x and 5.x.

/** The towers that a file describes. */
export interface PublishedClip {
  readonly text: ClipTextConfig | null;
  readonly image: ClipImageConfig | null;
}

/** What every configuration of transformers 4 repeats: how to generate and to train, and nothing of the network. */
const housekeeping = [
  'attention_dropout',
  'bos_token_id',
  'chunk_size_feed_forward',
  'diversity_penalty',
  'dropout',
  'dtype',
  'encoder_no_repeat_ngram_size',
  'eos_token_id',
  'id2label',
  'initializer_factor',
  'initializer_range',
  'label2id',
  'length_penalty',
  'logit_scale_init_value',
  'max_length',
  'min_length',
  'no_repeat_ngram_size',
  'num_beam_groups',
  'num_beams',
  'num_return_sequences',
  'output_attentions',
  'output_hidden_states',
  'pad_token_id',
  'repetition_penalty',
  'return_dict',
  'temperature',
  'tie_word_embeddings',
  'top_k',
  'top_p',
  'torch_dtype',
  'typical_p',
  'use_bfloat16',
  'exponential_decay_length_penalty',
  'num_labels',
];

/** @throws FoleyError 'weights-invalid' naming the key that asks for what is not computed here. */
export function readClipJson(json: unknown, file: string): PublishedClip {
  const config = new PublishedJson(json, file);
  const kind = config.signature('model_type');
  switch (kind) {
    case 'clip_text_model':
      return { text: readTextTower(config), image: null };
    case 'clip_vision_model':
      return { text: null, image: readImageTower(config) };
    case 'clip': {
      const projectionWidth = config.count('projection_dim', 512);
      config.passOver(...housekeeping, 'text_config_dict', 'vision_config_dict');
      const text = readTextTower(config.inside('text_config'));
      const image = readImageTower(config.inside('vision_config'));
      config.end();
      return { text: { ...text, projectionWidth }, image: { ...image, projectionWidth } };
    }
    default:
      throw new FoleyError(
        'weights-invalid',
        `${file}: model_type is ${JSON.stringify(kind)}, and only "clip", "clip_text_model" or "clip_vision_model" is supported`,
        { hint: 'The folder holds another kind of encoder; docs/models.md lists those that can be run.' },
      );
  }
}

function readTextTower(config: PublishedJson): ClipTextConfig {
  const tower: ClipTextConfig = {
    ...readTransformer(config, { width: 512, heads: 8, hiddenWidth: 2048 }),
    vocabularySize: config.count('vocab_size', 49_408),
    tokens: config.count('max_position_embeddings', 77),
    projectionWidth: config.count('projection_dim', 512),
  };
  config.end();
  return tower;
}

function readImageTower(config: PublishedJson): ClipImageConfig {
  config.only('num_channels', 3);
  const tower: ClipImageConfig = {
    ...readTransformer(config, { width: 768, heads: 12, hiddenWidth: 3072 }),
    imageSize: config.count('image_size', 224),
    patchSize: config.count('patch_size', 32),
    projectionWidth: config.count('projection_dim', 512),
  };
  config.end();
  return tower;
}

function readTransformer(
  config: PublishedJson,
  defaults: Pick<ClipTransformerConfig, 'width' | 'heads' | 'hiddenWidth'>,
): ClipTransformerConfig {
  config.only('layer_norm_eps', 1e-5);
  config.passOver(...housekeeping);
  return {
    width: config.count('hidden_size', defaults.width),
    layers: config.count('num_hidden_layers', 12),
    heads: config.count('num_attention_heads', defaults.heads),
    hiddenWidth: config.count('intermediate_size', defaults.hiddenWidth),
    activation: config.word('hidden_act', { quick_gelu: 'quick-gelu', gelu: 'gelu' } as const, 'quick_gelu'),
  };
}

/**
 * `preprocessor_config.json` of an image tower, when it has one: pictures are prepared in one way only.
 *
 * @throws FoleyError 'weights-invalid' naming the key that asks for another way.
 */
export function checkPreprocessorJson(json: unknown, file: string, imageSize: number): void {
  const config = new PublishedJson(json, file);
  config.only('crop_size', imageSize, { height: imageSize, width: imageSize });
  config.only('size', imageSize, { shortest_edge: imageSize });
  for (const step of ['do_resize', 'do_center_crop', 'do_rescale', 'do_normalize']) config.only(step, true);
  config.only('resample', 3); // bicubic
  for (const [key, ours] of [
    ['image_mean', clipPreprocessing.mean],
    ['image_std', clipPreprocessing.deviation],
  ] as const) {
    if (!config.has(key)) continue;
    const values = config.numbers(key);
    // files round 0.26130258 to 0.2613026
    const isOurs = values.length === 3 && values.every((value, i) => Math.abs(value - ours[i]!) < 1e-6);
    if (!isOurs) config.only(key, ours);
  }
  config.passOver('feature_extractor_type', 'image_processor_type', 'processor_class', 'do_convert_rgb');
  config.passOver('rescale_factor', 'data_format', 'input_data_format', 'return_tensors');
  config.end();
}
