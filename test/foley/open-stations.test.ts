import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OrtEngineOptions } from '../../src/engine/ort-engine.node.js';
import { openSeeingStations } from '../../src/foley/open-stations.node.js';
import { settled } from './fake-stations.js';

const asked: (OrtEngineOptions | { parallel: number })[] = [];
vi.mock('../../src/engine/ort-engine.node.js', () => ({
  createOrtEngine: (options: OrtEngineOptions) => {
    asked.push(options);
    return { device: options.device, compile: vi.fn(), close: async () => {} };
  },
}));
vi.mock('../../src/engine/parallel-engine.node.js', () => ({
  createParallelEngine: ({ threads }: { threads: number }) => {
    asked.push({ parallel: threads });
    return { device: 'cpu', runsAtOnce: threads, compile: vi.fn(), close: async () => {} };
  },
}));
afterEach(() => {
  asked.length = 0;
});

describe('stations', () => {
  it('run on the device and the threads that were asked for', async () => {
    await (await openSeeingStations(settled({ device: 'webgpu', threads: 3 }))).close();
    await (await openSeeingStations(settled({ threads: 3 }))).close();
    await (await openSeeingStations(settled({ threads: 1 }))).close();
    // the small model's results must not depend on the threads inside an operation
    expect(asked).toEqual([{ device: 'webgpu', threads: 1 }, { parallel: 3 }, { device: 'cpu', threads: 1 }]);
  });

  it('keep embeddings of one device from being taken for those of another', async () => {
    const ids = [];
    for (const device of ['cpu', 'webgpu']) {
      const stations = await openSeeingStations(settled({ device }));
      ids.push(stations.encoder.id);
      await stations.close();
    }
    expect(new Set(ids).size).toBe(2);
  });

  it('say where models are listed when the one that was asked for is not there', async () => {
    await expect(openSeeingStations(settled({ model: 'enormous' }))).rejects.toMatchObject({
      code: 'model-missing',
      hint: expect.stringContaining('models ls'),
    });
  });
});
