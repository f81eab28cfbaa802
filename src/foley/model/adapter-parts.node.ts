/** @file The two adapters as they are published: a single file without configuration, or a ControlNet's folder. */
import { basename, join } from 'node:path';
import { FoleyError } from '../../errors/foley-error.js';
import {
  frameAdapterOfShapes,
  hintEncoderOfShapes,
  readControlNetJson,
} from '../../models/published/index.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import { type Assembly, addWeights } from './published-parts.node.js';
import { isFile, readJson } from './weights-files.node.js';

/** A frame adapter in IP-Adapter's form; what its shapes say replaces what the preset says. */
export async function addPublishedFrameAdapter(place: string, assembly: Assembly): Promise<void> {
  const found = await addWeights(assembly, 'frame_adapter', place, [
    'semantic_adapter',
    'frame_adapter',
    'ip_adapter',
  ]);
  if (found === null) return;
  const { tensors } = await openSafetensors(found[0]!);
  const frameAdapter = frameAdapterOfShapes(tensors, assembly.config.frameAdapter, found[0]!);
  assembly.config = { ...assembly.config, frameAdapter };
}

/** A ControlNet: FoleyCrafter's checkpoint, or a folder with `config.json` as diffusers writes it. */
export async function addPublishedTemporalAdapter(place: string, assembly: Assembly): Promise<void> {
  const stems = ['temporal_adapter', 'diffusion_pytorch_model'];
  const found = await addWeights(assembly, 'temporal_adapter', place, stems);
  if (found === null) return;
  const preset = assembly.config.temporalAdapter;
  const configuration = join(place, 'config.json');
  if (await isFile(configuration)) {
    const { unet, hintChannels } = readControlNetJson(await readJson(configuration), configuration);
    assertSameUnet(unet, assembly.config.unet, configuration);
    assembly.files.set(`temporal_adapter/${basename(configuration)}`, configuration);
    if (hintChannels.length !== preset.hintStrides.length + 1) {
      throw new FoleyError(
        'weights-invalid',
        `${configuration}: conditioning_embedding_out_channels has ${hintChannels.length} levels, and only ${preset.hintStrides.length + 1} are supported`,
      );
    }
  }
  const { tensors } = await openSafetensors(found[0]!);
  assembly.config = {
    ...assembly.config,
    temporalAdapter: hintEncoderOfShapes(tensors, preset, found[0]!),
  };
}

function assertSameUnet(found: object, wanted: object, file: string): void {
  const differing = Object.entries(found).filter(
    ([key, value]) =>
      key !== 'outChannels' &&
      JSON.stringify(value) !== JSON.stringify((wanted as Record<string, unknown>)[key]),
  );
  if (differing.length === 0) return;
  throw new FoleyError(
    'weights-invalid',
    `${file} belongs to another UNet: they differ in ${differing.map(([key]) => key).join(', ')}`,
    { hint: 'A temporal adapter works with the backbone that it was trained on.' },
  );
}
