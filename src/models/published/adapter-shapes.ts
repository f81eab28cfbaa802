/** @file The sizes of adapters that are published without a configuration, read off the shapes of their tensors. */
import { FoleyError } from '../../errors/foley-error.js';
import type { FrameAdapterConfig } from '../frame-adapter.js';
import type { ModelConfig } from '../model-config.js';

/** Shapes of a file's tensors by name. */
export type TensorShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/**
 * A frame adapter in IP-Adapter's form: `image_proj.proj` makes the tokens, `image_proj.norm` is there or not.
 *
 * @param preset what shapes do not show: pooling, and the position code of one token a frame. Files with several
 * tokens a frame were trained without position.
 * @throws FoleyError 'weights-invalid' when the file is no such adapter.
 */
export function frameAdapterOfShapes(
  shapes: TensorShapes,
  preset: FrameAdapterConfig,
  file: string,
): FrameAdapterConfig {
  const [rows, embeddingDim] = shapeOf(shapes, 'image_proj.proj.weight', 2, file) as [number, number];
  const norm = shapes.get('image_proj.norm.weight')?.shape[0];
  const tokenDim = norm ?? preset.tokenDim;
  const tokensPerFrame = rows / tokenDim;
  if (tokensPerFrame !== 1 && tokensPerFrame !== 4) {
    throw new FoleyError(
      'weights-invalid',
      `${file}: image_proj.proj.weight makes ${rows} values, which is neither one nor four tokens of ${tokenDim}`,
      { hint: 'The adapter is of another kind, or belongs to another backbone.' },
    );
  }
  const hasTable = shapes.has('image_proj.position.weight');
  return {
    ...preset,
    embeddingDim,
    tokenDim,
    tokensPerFrame,
    projection: norm === undefined ? 'linear' : 'linear-layernorm',
    position: hasTable ? 'learned' : tokensPerFrame === 4 ? 'none' : preset.position,
  };
}

/**
 * A ControlNet's hint encoder. Strides do not show in shapes: those of the preset are taken where the number of
 * layers is the published one.
 *
 * @throws FoleyError 'weights-invalid' when the file is no ControlNet with a one-channel hint.
 */
export function hintEncoderOfShapes(
  shapes: TensorShapes,
  preset: ModelConfig['temporalAdapter'],
  file: string,
): ModelConfig['temporalAdapter'] {
  const prefix = 'controlnet_cond_embedding';
  const [first, hintFold] = shapeOf(shapes, `${prefix}.conv_in.weight`, 4, file) as [number, number];
  const hintChannels = [first];
  for (let block = 1; shapes.has(`${prefix}.blocks.${block}.weight`); block += 2) {
    hintChannels.push(shapeOf(shapes, `${prefix}.blocks.${block}.weight`, 4, file)[0]!);
  }
  if (hintFold !== preset.hintFold || hintChannels.length !== preset.hintChannels.length) {
    throw new FoleyError(
      'weights-invalid',
      `${file}: its hint encoder reads ${hintFold} channels in ${hintChannels.length} levels, where ${preset.hintFold} in ${preset.hintChannels.length} are supported`,
      { hint: 'The file is a ControlNet for pictures, or belongs to another model.' },
    );
  }
  return { ...preset, hintChannels };
}

function shapeOf(shapes: TensorShapes, name: string, axes: number, file: string): readonly number[] {
  const shape = shapes.get(name)?.shape;
  if (shape?.length === axes) return shape;
  const fault = shape === undefined ? 'is missing' : `has the shape [${shape}]`;
  throw new FoleyError('weights-invalid', `${file}: ${name} ${fault}`, {
    hint: 'The file is not an adapter of this kind.',
  });
}
