/** @file Every stage of the training chain by the command line, on made-up material, into one model that then works. */
import { createHash } from 'node:crypto';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageModelsFolder } from '../../../src/foley/model-bundle.node.js';
import { openSafetensors } from '../../../src/weights/safetensors-file.node.js';
import { example, useRuns } from '../../cli/end-to-end/runs.js';
import { writeFakePictures, writeFakeRecordings } from '../../data/fake-material.js';

const runs = useRuns();
const training = { batchSize: 2, steps: 2, learningRate: { peak: 0.001 } };
const data = { trainCount: 3, validationCount: 2 };
const scenes = { trainCount: 3, validationCount: 2 };

/** The chain in its order: the configuration of each stage, and the file it writes. */
const chain = {
  vae: { config: { training, data, cropColumns: 64 }, file: 'vae' },
  vocoder: { config: { training, data, segmentColumns: 48, decodedShare: 0.5 }, file: 'vocoder' },
  backbone: { config: { training, data, sampleCaptions: ['rain falling'] }, file: 'unet' },
  places: { config: { training, scenes: { ...scenes, framesPerScene: 2 } }, file: 'image_encoder' },
  // beside the models, since it belongs to none
  tagger: { config: { training, data }, file: '../tagger/tagger' },
  'temporal-adapter': {
    config: { training, data, sampleCaptions: ['rain falling'] },
    file: 'temporal_adapter',
  },
  'frame-adapter': {
    config: { training, scenes, begin: 'fitted', seenPerSecond: 0.5, timedShare: 0.5, taughtShare: 0.5 },
    file: 'frame_adapter',
  },
} as const;
const stages = Object.keys(chain) as (keyof typeof chain)[];
const weightFiles = stages.map((stage) => chain[stage].file);

const pathOf = (file: string) => join(runs.model, `${file}.safetensors`);

/** Null where there is none yet. */
const hashOf = async (file: string) => {
  const bytes = await readFile(pathOf(file)).catch(() => null);
  return bytes && createHash('sha256').update(bytes).digest('hex');
};

async function train(stage: keyof typeof chain, config: object, ...more: string[]) {
  const configPath = join(runs.root, `${stage}.json`);
  await writeFile(configPath, JSON.stringify(config));
  const at = (name: string) => join(runs.root, name);
  const folders = ['--audio', at('audio'), '--pictures', at('pictures'), '--scenes', at('scenes')];
  const places = ['--model', runs.model, '--run-folder', at(`runs/${stage}`), '--cache-dir', at('cache')];
  return runs.run('train', stage, '--config', configPath, ...folders, ...places, '--threads', '2', ...more);
}

/** What each stage left: how it ended, what it said, and the hash of every weight file after it. */
const after = new Map<string, { code: number; stderr: string; hashes: Record<string, string | null> }>();
let before: Record<string, string | null>;
const hashes = async () =>
  Object.fromEntries(await Promise.all(weightFiles.map(async (file) => [file, await hashOf(file)] as const)));

beforeAll(async () => {
  await writeFakeRecordings(join(runs.root, 'audio'));
  await writeFakePictures(join(runs.root, 'pictures'));
  for (const split of ['train', 'val']) {
    const folders = ['--audio', join(runs.root, 'audio'), '--pictures', join(runs.root, 'pictures')];
    const out = ['--cache-dir', join(runs.root, 'cache'), '--out', join(runs.root, 'scenes', split)];
    const made = await runs.run('data', 'scenes', ...folders, ...out, '--split', split, '--count', '6');
    expect(made.code, made.stderr).toBe(0);
  }
  // "places" writes where the random model links to the package's file
  const imageEncoder = join(runs.model, 'image_encoder.safetensors');
  await rm(imageEncoder);
  await copyFile(join(packageModelsFolder, 'small', 'image_encoder.safetensors'), imageEncoder);
  before = await hashes();
  for (const stage of stages) {
    const { code, stderr } = await train(stage, chain[stage].config);
    after.set(stage, { code, stderr, hashes: await hashes() });
  }
});

describe('train', () => {
  it.each(stages)('%s writes its own file, says how far it is, and leaves the others alone', (stage) => {
    const { code, stderr, hashes: left } = after.get(stage)!;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/step 2\/2, loss \d/);
    expect(stderr).toContain('stopped by steps after 2 steps');
    const index = stages.indexOf(stage);
    const earlier = index === 0 ? before : after.get(stages[index - 1]!)!.hashes;
    const changed = weightFiles.filter((file) => left[file] !== earlier[file]);
    expect(changed).toEqual([chain[stage].file]);
  });

  it('says in each file how it was made', async () => {
    for (const stage of stages) {
      const { metadata } = await openSafetensors(pathOf(chain[stage].file));
      expect(Object.fromEntries(metadata), stage).toMatchObject({ stage, steps: '2', 'batch-size': '2' });
    }
  });

  it('goes on with a run where it is told to, and refuses to begin another in its folder', async () => {
    const { config } = chain['frame-adapter'];
    const longer = { ...config, training: { ...training, steps: 3 } };
    const refused = await train('frame-adapter', longer);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/already holds a training run[\s\S]*--resume/);
    expect(after.get('frame-adapter')!.stderr).toMatch(/what labels change/);
    const resumed = await train('frame-adapter', longer, '--resume');
    expect(resumed.stderr).toMatch(/step 3\/3/);
    expect(resumed.stderr).not.toMatch(/what labels change/);
    expect(resumed.code).toBe(0);
  });

  it('names what is wrong in a configuration', async () => {
    const wrong = await train('frame-adapter', { ...chain['frame-adapter'].config, timedShare: 2 });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/frame-adapter\.json: timedShare: /);
    const twice = await train('frame-adapter', {
      ...chain['frame-adapter'].config,
      startFrom: 'a.safetensors',
    });
    expect(twice.code).toBe(2);
    expect(twice.stderr).toMatch(/frame-adapter\.json: begin: /);
  });

  it('leaves a model that makes sound', async () => {
    const made = await runs.generate(example, '--json');
    expect(made.code, made.stderr).toBe(0);
    expect((await runs.sidecar()).format).toMatch(/^smooth-foley/);
    const wave = await readFile(join(runs.out, 'dog-lying.foley.wav'));
    expect(wave.subarray(44).some((byte) => byte !== 0)).toBe(true);
  });
});
