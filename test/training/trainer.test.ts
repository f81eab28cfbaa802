import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/data/seeded-random.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, type Tensor } from '../../src/graph/index.js';
import { saveWeights } from '../../src/training/save-weights.node.js';
import type { StageRun } from '../../src/training/stage.js';
import { type TrainRequest, train, trainingSchema } from '../../src/training/trainer.node.js';
import { openSafetensors } from '../../src/weights/safetensors-file.node.js';
import { isOfAdapter, tinyAdapterStage, tinyUnetPath } from './tiny-adapter.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foley-training-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const settings = trainingSchema.parse({
  seed: 3,
  batchSize: 2,
  accumulate: 2,
  steps: 6,
  learningRate: { peak: 1e-2, warmUpSteps: 2, shape: 'cosine' },
  logEvery: 1,
  validateEvery: 3,
  checkpointEvery: 2,
});

/** Every batch has other latents, decided by its number. */
function varied(run: StageRun): StageRun {
  return {
    ...run,
    async batch(index) {
      const batch = await run.batch(index);
      const random = seededRandom(`test/${index}`);
      const latents = batch['in:latents']!;
      const data = floats(latents).map((value) => value + 0.3 * random.normal());
      return { ...batch, 'in:latents': { ...latents, data } };
    },
  };
}

async function runIn(name: string, options: Partial<TrainRequest> = {}, path = tinyUnetPath) {
  const engine = createOrtEngine({ threads: 1 });
  const { run } = await tinyAdapterStage(path);
  try {
    return await train({
      stage: 'frame-adapter',
      run: varied(run),
      settings,
      engine,
      folder: join(folder, name),
      resume: false,
      ...options,
    });
  } finally {
    await engine.close();
  }
}

async function tensorsOf(path: string): Promise<Map<string, Tensor>> {
  const file = await openSafetensors(path);
  return new Map(
    await Promise.all([...file.tensors.keys()].map(async (key) => [key, await file.read(key)] as const)),
  );
}

describe('train', () => {
  it('gives the same bits in one go as when it is stopped after three steps and resumed', async () => {
    const whole = await runIn('whole');
    const abort = new AbortController();
    const onLine: TrainRequest['onLine'] = (line) => {
      if (line.step === 2) abort.abort(); // seen after the next update
    };
    const first = await runIn('parts', { signal: abort.signal, onLine });
    expect(first.stoppedBy).toBe('signal');
    expect(first.counters.step).toBe(3);
    const { run } = await tinyAdapterStage();
    const begunAlready = { ...varied(run), initialValues: () => Promise.reject(new Error('begins anew')) };
    const second = await runIn('parts', { resume: true, run: begunAlready });
    expect(second.stoppedBy).toBe('steps');
    expect(second.counters).toMatchObject({ step: 6, batches: 12, appliedSteps: 6 });

    const checkpoint = (name: string) => tensorsOf(join(folder, name, 'checkpoint.safetensors'));
    const [wanted, found] = [await checkpoint('whole'), await checkpoint('parts')];
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [key, tensor] of wanted) expect(found.get(key)!.data, key).toEqual(tensor.data);
    expect(second.average).toEqual(whole.average);
    const losses = (log: typeof whole.log) =>
      log.map(({ step, loss, validation }) => [step, loss, validation]);
    // the stopped run wrote step 3 without a validation, which a signal does not wait for
    expect(losses(second.log).map(([step, loss]) => [step, loss])).toEqual(
      losses(whole.log).map(([step, loss]) => [step, loss]),
    );
    expect(second.log.at(-1)!.validation).toEqual(whole.log.at(-1)!.validation);
  });

  it('keeps every weight of the frozen model, and holds and saves the adapter alone', async () => {
    const path = join(folder, 'unet.safetensors');
    await copyFile(tinyUnetPath, path);
    const hashes = async () =>
      new Map(
        [...(await tensorsOf(path))].map(([key, tensor]) => [
          key,
          createHash('sha256').update(tensor.data).digest('hex'),
        ]),
      );
    const before = await hashes();
    const outcome = await runIn('adapter', {}, path);
    expect(await hashes()).toEqual(before);

    const trained = [...outcome.average.keys()];
    expect(trained.length).toBeGreaterThan(0);
    expect(trained.every(isOfAdapter)).toBe(true);
    const { file } = await tinyAdapterStage(path);
    for (const key of trained) {
      expect(outcome.average.get(key), key).not.toEqual((await file.readFloat32(key)).data);
    }
    const kept = [...(await tensorsOf(join(folder, 'adapter', 'checkpoint.safetensors'))).keys()];
    expect(kept.every((key) => isOfAdapter(key.slice(key.indexOf('/') + 1)))).toBe(true);
    const shapes = trained.map((key) => ({ key, shape: file.tensors.get(key)!.shape }));
    const saved = join(folder, 'frame_adapter.safetensors');
    await saveWeights(saved, shapes, outcome.average, { stage: 'frame-adapter' });
    const written = await openSafetensors(saved);
    expect([...written.tensors.keys()].sort()).toEqual(trained.sort());
    expect([...written.tensors.values()].every((tensor) => tensor.storedType === 'F16')).toBe(true);
    expect(written.metadata.get('stage')).toBe('frame-adapter');
  });

  it('refuses a folder that holds a run unless it is told to resume, and a checkpoint of another stage or seed', async () => {
    await runIn('run', { settings: { ...settings, steps: 1 } });
    await expect(runIn('run')).rejects.toMatchObject({ code: 'output-exists' });
    await expect(runIn('run', { resume: true, stage: 'vae' })).rejects.toMatchObject({
      code: 'weights-invalid',
    });
    await expect(runIn('run', { resume: true, settings: { ...settings, seed: 4 } })).rejects.toMatchObject({
      code: 'weights-invalid',
    });
  });

  it('exports what it began with where no update is asked for', async () => {
    const { run } = await tinyAdapterStage();
    const outcome = await runIn('start', { settings: trainingSchema.parse({ ...settings, steps: 0 }) });
    expect(outcome).toMatchObject({ stoppedBy: 'steps', counters: { step: 0 }, log: [] });
    expect(outcome.average).toEqual(await run.initialValues());
  });

  it('stops, saved, when its minutes are over, and logs one JSON object a line', async () => {
    const outcome = await runIn('short', { minutes: 0 });
    expect(outcome.stoppedBy).toBe('minutes');
    expect(outcome.counters.step).toBe(1);
    const lines = (await readFile(join(folder, 'short', 'log.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(outcome.log);
    expect(outcome.log[0]!.validation!.loss).toBeGreaterThan(0);
  });
});
