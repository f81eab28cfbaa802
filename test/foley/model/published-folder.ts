/** @file A model in published forms for tests: the miniature that torch wrote, laid out in one folder, and edits of its files. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertFiles, filesToConvert } from '../../../src/foley/model/convert-model.node.js';
import type { Tensor } from '../../../src/graph/index.js';
import { openSafetensors, writeSafetensors } from '../../../src/weights/safetensors-file.node.js';

// python reference/parity/tiny_golden.py test/golden/published
export const golden = (path = ''): string =>
  fileURLToPath(new URL(`../../golden/published/${path}`, import.meta.url));

/** Lays the miniature out as people keep it: a diffusers folder, FoleyCrafter's files and both towers beside it. */
export async function copyPublished(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(golden('auffusion'), folder, { recursive: true });
  await cp(golden('auffusion-bin'), folder, { recursive: true });
  await cp(golden('foleycrafter/semantic'), join(folder, 'semantic'), { recursive: true });
  await cp(golden('foleycrafter/vocoder'), join(folder, 'vocoder'), { recursive: true });
  await cp(golden('foleycrafter/temporal_adapter.ckpt'), join(folder, 'temporal_adapter.ckpt'));
  await cp(golden('image_encoder'), join(folder, 'image_encoder'), { recursive: true });
  await cp(golden('clip-h-text'), join(folder, 'label_encoder'), { recursive: true });
}

/** The same with every pickled file converted. */
export async function copyConverted(folder: string): Promise<void> {
  await copyPublished(folder);
  await convertFiles(await filesToConvert(folder));
}

/** Rewrites a safetensors file; the edit may add, change and delete tensors. */
export async function editTensors(path: string, edit: (tensors: Map<string, Tensor>) => void): Promise<void> {
  const tensors = await readTensors(path);
  edit(tensors);
  await writeSafetensors(path, tensors);
}

export async function readTensors(path: string): Promise<Map<string, Tensor>> {
  const file = await openSafetensors(path);
  const tensors = new Map<string, Tensor>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
  return tensors;
}

/** Rewrites a JSON file. */
export async function editJson(path: string, edit: (json: Record<string, unknown>) => void): Promise<void> {
  const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  edit(json);
  await writeFile(path, JSON.stringify(json));
}

/** Cuts the end of a file off. */
export async function truncate(path: string, bytes: number): Promise<void> {
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, whole.byteLength - bytes));
}

/** Splits a safetensors file in two and writes the index that names them, as large models come. */
export async function shard(path: string): Promise<void> {
  const tensors = [...(await readTensors(path))];
  const stem = path.slice(0, -'.safetensors'.length);
  const half = Math.ceil(tensors.length / 2);
  const weightMap: Record<string, string> = {};
  for (const [index, part] of [tensors.slice(0, half), tensors.slice(half)].entries()) {
    const shardPath = `${stem}-0000${index + 1}-of-00002.safetensors`;
    await writeSafetensors(shardPath, part);
    for (const [name] of part) weightMap[name] = shardPath.split('/').at(-1)!;
  }
  await writeFile(`${path}.index.json`, JSON.stringify({ metadata: {}, weight_map: weightMap }));
  await rm(path);
}
