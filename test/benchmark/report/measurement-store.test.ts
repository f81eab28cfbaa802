import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWave } from '../../../src/audio/wave.js';
import { openMeasurementStore } from '../../../src/benchmark/report/measurement-store.node.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('openMeasurementStore', () => {
  it('finds again what several writers put there', async () => {
    const first = await openMeasurementStore(folder, '1-of-2');
    const second = await openMeasurementStore(folder, '2-of-2');
    await first.addMeasurement({ scene: 'a', system: 'both', values: { named: 1, panError: null } });
    await second.addMeasurement({ scene: 'b', system: 'both', values: {} });
    const data = Float32Array.of(0.1, -2, 3e-9);
    const heard = { embedder: 'tagger/x', scene: 'b', system: 'both', width: 3, data };
    await second.addEmbedding({ ...heard, classLogits: Float32Array.of(1, 2) });
    await second.writeSound('b', 'both', createWave(8000, [Float32Array.of(0, 0.5, -0.5)]));
    const again = await openMeasurementStore(folder, 'all');
    expect(again.measurements).toEqual([
      { scene: 'a', system: 'both', values: { named: 1, panError: null } },
      { scene: 'b', system: 'both', values: {} },
    ]);
    expect(again.embeddings[0]).toEqual({ ...heard, classLogits: Float32Array.of(1, 2) });
    expect(again.hasMeasurement('a', 'both')).toBe(true);
    expect(again.hasMeasurement('a', 'label')).toBe(false);
    expect(again.hasEmbedding('tagger/x', 'b', 'both')).toBe(true);
    expect((await again.readSound('b', 'both'))?.channels[0]).toHaveLength(3);
    expect(await again.readSound('a', 'both')).toBeNull();
  });

  it('passes over a line that was cut off, and keeps the next one', async () => {
    const store = await openMeasurementStore(folder, 'all');
    await store.addMeasurement({ scene: 'a', system: 'both', values: { named: 0 } });
    await appendFile(join(folder, 'measurements.all.jsonl'), '\n{"scene":"b","syst');
    const again = await openMeasurementStore(folder, 'all');
    await again.addMeasurement({ scene: 'c', system: 'both', values: { named: 1 } });
    const last = await openMeasurementStore(folder, 'all');
    expect(last.measurements.map(({ scene }) => scene)).toEqual(['a', 'c']);
  });
});
