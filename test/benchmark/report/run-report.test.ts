import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeWav } from '../../../src/audio/wav-writer.js';
import { runReport } from '../../../src/benchmark/report/run-report.node.js';
import type { SystemId } from '../../../src/benchmark/report/systems.js';
import { seededRandom } from '../../../src/data/seeded-random.js';
import { writeRandomModel } from '../../foley/random-model.js';
import { tinySceneSeconds, writeTinyPictures, writeTinyScene } from '../tiny-scenes.js';

let root: string;
const at = (...names: string[]) => join(root, ...names);
const ids = ['val-00000', 'val-00001'];
// one of each way to come by a sound
const generated: SystemId[] = ['truth', 'autoencoder', 'label', 'both', 'energy'];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'report-'));
  await writeRandomModel(at('model'));
  await writeTinyPictures(root);
  const random = seededRandom('truth');
  await mkdir(at('scenes'));
  for (const [index, id] of ids.entries()) {
    await writeTinyScene(root, id, index === 0 ? 'static' : 'enter');
    const wave = Float32Array.from({ length: 16000 * tinySceneSeconds }, () => 0.1 * random.normal());
    await writeFile(at('scenes', `${id}.wav`), encodeWav({ sampleRateHz: 16000, channels: [wave] }));
    await writeFile(
      at('scenes', `${id}.stereo.wav`),
      encodeWav({ sampleRateHz: 16000, channels: [wave, wave] }),
    );
  }
  const scenes = ids.map((id) => ({ id, set: 'continuous', kind: 'enter', classId: 'dog-bark' }));
  await writeFile(
    at('scenes', 'benchmark.json'),
    JSON.stringify({ format: 'smooth-foley.benchmark/1', seed: 0, scenes }),
  );
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const run = (
  more: Partial<Parameters<typeof runReport>[0]> = {},
  onProgress?: (done: number, total: number) => void,
) =>
  runReport(
    {
      benchmarkFolder: at('scenes'),
      picturesFolder: at('pictures'),
      outFolder: at('out'),
      model: at('model'),
      embedders: [{ name: 'tagger', file: 'models/tagger/tagger.safetensors' }],
      systems: generated,
      steps: 1,
      threads: 1,
      resamples: 50,
      ...more,
    },
    onProgress,
  );

describe('runReport', () => {
  it('shares the scenes among shards, and writes the report once all is there', async () => {
    const stopped = run({ shard: { number: 1, of: 2 } }, () => {
      throw new Error('stopped');
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await run({ shard: { number: 1, of: 2 } })).toBeNull();
    expect(await run({ shard: { number: 2, of: 2 } })).toBeNull();
    const sounds = (await readdir(at('out', 'sounds'))).sort();
    expect(sounds).toEqual(ids.flatMap((id) => generated.map((system) => `${id}.${system}.wav`)).sort());
    const lines = (await readFile(at('out', 'measurements.1-of-2.jsonl'), 'utf8')).split('\n');
    expect(lines.filter((line) => line !== '')).toHaveLength(generated.length);

    const report = (await run())!;
    expect(report.sets.map(({ set, scenes }) => [set, scenes])).toEqual([['continuous', 2]]);
    const { scores, groups, byClass } = report.sets[0]!;
    expect(groups[0]!.table.rows.map(({ system }) => system)).toEqual(generated);
    expect(byClass.map(({ name }) => name)).toEqual(['dog-bark']);
    const truth = scores[0]!.systems.find(({ system }) => system === 'truth')!;
    expect(truth.divergence!.estimate).toBeCloseTo(0, 6);
    expect(JSON.parse(await readFile(at('out', 'report.json'), 'utf8'))).toEqual(report);
    const markdown = await readFile(at('out', 'report.md'), 'utf8');
    expect(markdown).toContain('## Continuous benchmark: 2 scenes');
    expect(markdown).toMatch(/\| both \|/);
    const page = await readFile(at('out', 'report', 'index.html'), 'utf8');
    const media = new Set(await readdir(at('out', 'report', 'media')));
    const named = [...page.matchAll(/src="media\/([^"]+)"/g)].map(([, name]) => name!);
    expect(named).toHaveLength(2 * (1 + 2 * generated.length)); // a strip, and picture and sound of each system
    for (const name of named) expect(media).toContain(name);
    expect(page).not.toMatch(/https?:/);
  }, 300_000);

  it('does not mix runs of other settings into a folder', async () => {
    await expect(run({ steps: 2 })).rejects.toThrow(/other settings/);
    await expect(run({ labels: 'vague' })).rejects.toThrow(/other settings/);
  });

  it('tells systems only the kind of thing where labels are to be vague', async () => {
    const outFolder = at('vague');
    const report = (await run({ outFolder, labels: 'vague', systems: ['truth', 'label'], count: 1 }))!;
    expect(report.labels).toBe('vague');
    expect(await readFile(join(outFolder, 'report.md'), 'utf8')).toContain('only what kind of thing sounds');
    const soundIn = (folder: string) => readFile(join(folder, 'sounds', `${ids[0]}.label.wav`));
    expect((await soundIn(outFolder)).equals(await soundIn(at('out')))).toBe(false);
    // without a look at the picture, a kind as it is typed is no more than the word
    const typed = at('kind');
    await run({ outFolder: typed, labels: 'kind', systems: ['truth', 'label'], count: 1 });
    expect((await soundIn(typed)).equals(await soundIn(outFolder))).toBe(true);
  }, 120_000);

  it('says what a system lacks', async () => {
    const outFolder = at('lacking');
    await expect(run({ outFolder, systems: ['sampler'] })).rejects.toThrow(/needs recordings/);
    await expect(run({ outFolder, systems: ['clip-wise'] })).rejects.toThrow(/frame adapter of its own/);
    await expect(run({ outFolder, embedders: [{ name: 'ear', file: 'x' }] })).rejects.toThrow(
      /no embedder "ear"/,
    );
    await expect(run({ outFolder, sets: ['general'] })).rejects.toThrow(/no scene of general/);
  }, 60_000);
});
