/** @file Each damage of a published file is an error of its own that names the file and what in it is wrong. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FoleyError } from '../../../src/errors/foley-error.js';
import { checkModel, wholeModel } from '../../../src/foley/model/check-model.node.js';
import { tensor } from '../../../src/graph/index.js';
import { copyConverted, copyPublished, editJson, editTensors, truncate } from './published-folder.js';

let root: string;
let original: string;
let copies = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'damaged-'));
  original = join(root, 'original');
  await copyConverted(original);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function faultOf(damage: (folder: string) => Promise<void>): Promise<FoleyError> {
  const folder = join(root, `copy-${copies++}`);
  await cp(original, folder, { recursive: true });
  await damage(folder);
  const error = await checkModel(wholeModel(folder)).then(
    () => expect.fail('the damage was not noticed'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FoleyError);
  return error as FoleyError;
}

/** Weights of each part, with a tensor that is in it. */
const parts = {
  unet: ['unet/diffusion_pytorch_model.safetensors', 'mid_block.resnets.0.conv1.weight'],
  vae: ['vae/diffusion_pytorch_model.safetensors', 'decoder.conv_in.bias'],
  'text encoder': ['text_encoder/pytorch_model.safetensors', 'text_model.final_layer_norm.bias'],
  vocoder: ['vocoder/vocoder.safetensors', 'conv_pre.bias'],
  'frame adapter': ['semantic/semantic_adapter.safetensors', 'ip_adapter.1.to_k_ip.weight'],
  'temporal adapter': ['temporal_adapter.safetensors', 'controlnet_mid_block.bias'],
  'image encoder': ['image_encoder/model.safetensors', 'visual_projection.weight'],
  'label encoder': ['label_encoder/model.safetensors', 'text_projection.weight'],
} as const;

describe.each(Object.entries(parts))('%s', (_, [file, key]) => {
  it('without one of its tensors', async () => {
    const error = await faultOf((folder) =>
      editTensors(join(folder, file), (tensors) => tensors.delete(key)),
    );
    expect(error.code).toBe('weights-invalid');
    expect(error.message).toContain(`${file}: there is no parameter ${key}`);
  });

  it('with a tensor too many', async () => {
    const error = await faultOf((folder) =>
      editTensors(join(folder, file), (tensors) =>
        tensors.set('lora.up.weight', tensor([1], Float32Array.of(1))),
      ),
    );
    expect(error.code).toBe('weights-invalid');
    expect(error.message).toContain(`${file}: parameters that the model does not have: lora.up.weight`);
  });

  it('with a tensor of another shape', async () => {
    const error = await faultOf((folder) =>
      editTensors(join(folder, file), (tensors) => tensors.set(key, tensor([7], new Float32Array(7)))),
    );
    expect(error.code).toBe('weights-invalid');
    expect(error.message).toMatch(
      new RegExp(`${file}: ${key.replaceAll('.', '\\.')} is \\[7\\] where the model has`),
    );
  });

  it('cut off', async () => {
    const error = await faultOf((folder) => truncate(join(folder, file), 5));
    expect(error.code).toBe('weights-invalid');
    expect(error.message).toMatch(new RegExp(`${file} has \\d+ bytes where its header describes \\d+`));
  });
});

it('tells every parameter that is not there or misshapen, of all networks', async () => {
  const error = await faultOf(async (folder) => {
    await editTensors(join(folder, parts.unet[0]), (tensors) => {
      tensors.delete(parts.unet[1]);
      tensors.set('conv_out.bias', tensor([7], new Float32Array(7)));
    });
    await editTensors(join(folder, parts.vocoder[0]), (tensors) => tensors.delete(parts.vocoder[1]));
  });
  expect(error.message).toContain('3 parameters do not fit');
  for (const name of [parts.unet[1], 'conv_out.bias', parts.vocoder[1]])
    expect(error.message).toContain(name);
});

describe('configurations', () => {
  it.each([
    'unet/config.json',
    'vae/config.json',
    'text_encoder/config.json',
    'vocoder/config.json',
    'image_encoder/config.json',
    'scheduler/scheduler_config.json',
  ])('%s that is no JSON', async (file) => {
    const error = await faultOf((folder) => writeFile(join(folder, file), '{"act_fn": "si'));
    expect(error).toMatchObject({
      code: 'weights-invalid',
      message: expect.stringContaining(`${file} is not JSON`),
    });
  });

  it.each([
    ['unet/config.json', '_class_name', 'UNet3DConditionModel'],
    ['vae/config.json', '_class_name', 'AutoencoderTiny'],
    ['scheduler/scheduler_config.json', '_class_name', 'FlowMatchEulerDiscreteScheduler'],
    ['text_encoder/config.json', 'model_type', 't5'],
    ['image_encoder/config.json', 'model_type', 'siglip_vision_model'],
    ['label_encoder/config.json', 'hidden_act', 'gelu_new'],
    ['unet/config.json', 'act_fn', 'mish'],
    ['unet/config.json', 'some_new_layer', true],
    ['vocoder/config.json', 'resblock', '2'],
    ['scheduler/scheduler_config.json', 'beta_schedule', 'linear'],
    ['image_encoder/preprocessor_config.json', 'image_mean', [0.5, 0.5, 0.5]],
  ] as const)('%s with %s = %j', async (file, key, value) => {
    const error = await faultOf((folder) =>
      editJson(join(folder, file), (json) => {
        json[key] = value;
      }),
    );
    expect(error.code).toBe('weights-invalid');
    expect(error.message).toContain(`${file}: ${key} is ${JSON.stringify(value)}`);
    expect(error.hint).toContain('docs/models.md');
  });

  it('of a UNet that is larger than its weights', async () => {
    const error = await faultOf((folder) =>
      editJson(join(folder, 'unet/config.json'), (json) => {
        json.cross_attention_dim = 48;
      }),
    );
    expect(error).toMatchObject({
      code: 'weights-invalid',
      message: expect.stringContaining('text tokens have the cross width'),
    });
  });
});

describe('what is missing', () => {
  it('is told in one error, with everything that is to be done', async () => {
    const error = await faultOf(async (folder) => {
      await rm(join(folder, 'vae/diffusion_pytorch_model.safetensors'));
      await rm(join(folder, 'vae/diffusion_pytorch_model.bin'));
      await rm(join(folder, 'tokenizer/merges.txt'));
      await rm(join(folder, 'label_encoder'), { recursive: true });
      await rm(join(folder, 'temporal_adapter.safetensors'));
    });
    expect(error.code).toBe('model-missing');
    const folder = join(root, `copy-${copies - 1}`);
    expect(error.message).toBe(
      [
        `copy-${copies - 1} lacks the weights of the vae (${folder}/vae/diffusion_pytorch_model.safetensors)`,
        `the tokenizer of the text encoder (${folder}/tokenizer/vocab.json and merges.txt)`,
        'the label encoder',
        `the weights of the temporal adapter as safetensors (there is only ${folder}/temporal_adapter.ckpt)`,
      ].join('; '),
    );
    expect(error.hint).toBe(
      `Convert once, with: smooth-foley models convert ${folder}/temporal_adapter.ckpt Name it with --label-encoder. Get the missing files, or name another folder that has them.`,
    );
  });

  it('is every pickled file before they are converted', async () => {
    const folder = join(root, 'pickled');
    await copyPublished(folder);
    const error = (await checkModel(wholeModel(folder)).catch((thrown: unknown) => thrown)) as FoleyError;
    const pickles = [
      'vae/diffusion_pytorch_model.bin',
      'text_encoder/pytorch_model.bin',
      'vocoder/vocoder.pt',
      'semantic/semantic_adapter.bin',
      'temporal_adapter.ckpt',
    ];
    expect(error.hint).toBe(
      `Convert once, with: smooth-foley models convert ${pickles.map((file) => join(folder, file)).join(' ')}`,
    );
  });

  it('is a shard that an index names', async () => {
    const index = { metadata: {}, weight_map: { 'conv_in.weight': 'part-2.safetensors' } };
    const error = await faultOf(async (folder) => {
      await rm(join(folder, 'unet/diffusion_pytorch_model.safetensors'));
      await writeFile(
        join(folder, 'unet/diffusion_pytorch_model.safetensors.index.json'),
        JSON.stringify(index),
      );
    });
    expect(error).toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('unet/part-2.safetensors'),
    });
  });

  it('is not looked for outside the folder', async () => {
    const index = { metadata: {}, weight_map: { 'conv_in.weight': '../../secret.safetensors' } };
    const error = await faultOf(async (folder) => {
      await rm(join(folder, 'unet/diffusion_pytorch_model.safetensors'));
      await writeFile(
        join(folder, 'unet/diffusion_pytorch_model.safetensors.index.json'),
        JSON.stringify(index),
      );
    });
    expect(error).toMatchObject({ code: 'weights-invalid', message: expect.stringContaining('weight_map') });
  });

  it('is a model, where a folder holds none', async () => {
    await expect(checkModel(wholeModel(tmpdir()))).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('holds no model'),
    });
  });

  it('is another Auffusion, where it has condition adapters', async () => {
    const error = await faultOf((folder) => writeFile(join(folder, 'condition_config.json'), '[]'));
    expect(error).toMatchObject({
      code: 'weights-invalid',
      hint: expect.stringContaining('auffusion-full-no-adapter'),
    });
  });
});
