/**
 * @file Embeds the sounds of `reference/evaluation/full_size_embedders.py` with the files it wrote, converted as users
 * convert them, and prints how far we are from the published programs: `npx tsx scripts/parity/embedders.ts FOLDER [NAME...]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import type { AudioEmbedding } from '../../src/evaluation/embedders/audio-embedder.js';
import {
  type EmbedderName,
  openClipFrames,
  openEmbedder,
} from '../../src/evaluation/embedders/open-embedder.node.js';
import { convertFile } from '../../src/foley/model/convert-model.node.js';
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';
import { type Comparison, compare, passes } from './comparison.js';

const published = {
  vggish: 'vggish.pth',
  cnn14: 'cnn14.pth',
  wav2clip: 'wav2clip.pt',
  melception: 'melception.pt',
  clap: 'clap.bin',
} as const satisfies Partial<Record<EmbedderName, string>>;

const [folder = 'embedder-files', ...chosen] = process.argv.slice(2);
const scratch = await mkdtemp(join(tmpdir(), 'embedders-'));
const engine = createOrtEngine({ threads: 2 });
let failures = 0;
try {
  for (const name of [...(Object.keys(published) as (keyof typeof published)[]), 'clip' as const]) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const started = performance.now();
    for (const result of name === 'clip' ? await clip() : await soundEmbedder(name)) {
      if (!passes(result)) failures += 1;
      const figures = `${result.error.toExponential(1)} of rms, correlation ${result.correlation.toFixed(7)}`;
      process.stdout.write(`${name} ${result.name} [${result.shape}]: ${figures}\n`);
    }
    process.stdout.write(`  ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
} finally {
  await engine.close();
  await rm(scratch, { recursive: true });
}
process.stdout.write(failures === 0 ? 'all near enough\n' : `${failures} outputs are too far off\n`);
process.exitCode = failures === 0 ? 0 : 1;

async function soundEmbedder(name: keyof typeof published): Promise<Comparison[]> {
  const { to } = await convertFile(join(folder, published[name]), join(scratch, `${name}.safetensors`));
  const recorded = await openSafetensors(join(folder, `${name}.recorded.safetensors`));
  const embedder = await openEmbedder(name, to, engine);
  const comparisons: Comparison[] = [];
  for (const key of [...recorded.tensors.keys()].filter((stored) => stored.startsWith('sound.'))) {
    const index = key.slice('sound.'.length);
    const found = await embedder.embed((await recorded.readFloat32(key)).data);
    for (const [output, ours] of outputsOf(found)) {
      const stored = `${output}.${index}`;
      if (!recorded.tensors.has(stored)) continue;
      const wanted = await recorded.readFloat32(stored);
      comparisons.push(compare(stored, wanted.shape, ours, wanted.data));
    }
  }
  await embedder.close();
  await rm(to);
  return comparisons;
}

function outputsOf({ data, classLogits, inceptionLogits }: AudioEmbedding): [string, Float32Array][] {
  return [
    ['embedding', data],
    ...(classLogits === null ? [] : [['logits', classLogits] as [string, Float32Array]]),
    ...(inceptionLogits === undefined ? [] : [['unbiased', inceptionLogits] as [string, Float32Array]]),
  ];
}

async function clip(): Promise<Comparison[]> {
  const recorded = await openSafetensors(join(folder, 'clip.recorded.safetensors'));
  const embedder = await openClipFrames(join(folder, 'clip.safetensors'), engine);
  const picture = await recorded.read('picture');
  const [height, width] = picture.shape as [number, number, number];
  async function* frames() {
    yield { timeSeconds: 0, width, height, data: picture.data as Uint8Array };
  }
  const found = await embedder.embedFrames(frames());
  await embedder.close();
  const wanted = await recorded.readFloat32('embedding');
  return [compare('embedding', wanted.shape, found.data, wanted.data)];
}
