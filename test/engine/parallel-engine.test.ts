import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/index.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { createParallelEngine } from '../../src/engine/parallel-engine.node.js';
import * as g from '../../src/graph/index.js';
import { sampleValues } from '../graph/evaluate.js';

const engines: Engine[] = [];
const parallel = (threads = 2): Engine => {
  const engine = createParallelEngine({ threads });
  engines.push(engine);
  return engine;
};
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

const size = 96;
const product = () => {
  const a = g.input('a', [size, size]);
  const b = g.input('b', [size, size]);
  return g.program('product', { inputs: [a, b], outputs: { y: g.matmul(a, b), a2: g.mul(a, 2) } });
};
const feedsOf = (seed: number) => ({
  a: g.tensor([size, size], Float32Array.from(sampleValues(size * size, seed))),
  b: g.tensor([size, size], Float32Array.from(sampleValues(size * size, seed + 1000))),
});

describe('a parallel engine', () => {
  test('gives, run by run, the bits of an engine with one thread, however many runs are asked for at once', async () => {
    const plain = createOrtEngine({ threads: 1 });
    engines.push(plain);
    const expected = await plain.compile(product());
    const session = await parallel(3).compile(product());
    const seeds = Array.from({ length: 20 }, (_, index) => index);
    const found = await Promise.all(seeds.map((seed) => session.run(feedsOf(seed))));
    for (const seed of seeds) {
      const { y, a2 } = await expected.run(feedsOf(seed));
      expect(found[seed]!.y).toEqual(y);
      expect(found[seed]!.a2).toEqual(a2);
    }
  });
  test('leaves feeds as they were, and fills the buffers that it is given', async () => {
    const session = await parallel().compile(product());
    const feeds = feedsOf(1);
    const before = feeds.a.data.slice();
    const into = { a2: g.tensor([size, size], new Float32Array(size * size)) };
    const { a2, y } = await session.run(feeds, into);
    expect(feeds.a.data).toEqual(before);
    expect(a2!.data).toBe(into.a2.data);
    expect(g.floats(a2!)[7]).toBe(2 * before[7]!);
    expect(y!.data).toHaveLength(size * size);
  });
  test('reads weights from their file on every thread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'foley-parallel-'));
    try {
      const file = join(folder, 'weights');
      await writeFile(file, new Uint8Array(Float32Array.of(1, 2, 3).buffer));
      const w = g.weight({ key: 'w', dtype: 'float32', shape: [3], file, byteOffset: 0, byteLength: 12 });
      const x = g.input('x', [3]);
      const session = await parallel().compile(
        g.program('sum', { inputs: [x], outputs: { y: g.add(x, w) } }),
      );
      const runs = [1, 2, 3, 4].map((value) =>
        session.run({ x: g.tensor([3], new Float32Array(3).fill(value)) }),
      );
      expect((await Promise.all(runs)).map(({ y }) => [...g.floats(y!)])).toEqual([
        [2, 3, 4],
        [3, 4, 5],
        [4, 5, 6],
        [5, 6, 7],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  test('names what does not fit, and goes on', async () => {
    const session = await parallel(1).compile(product());
    const feeds = feedsOf(1);
    await expect(session.run({ a: feeds.a })).rejects.toMatchObject({ code: 'graph-invalid' });
    await expect(session.run({ ...feeds, c: feeds.a })).rejects.toThrow('has no input c');
    await expect(session.run({ ...feeds, b: g.tensor([1], Float32Array.of(1)) })).rejects.toThrow(
      'b is float32',
    );
    await expect(session.run(feeds)).resolves.toHaveProperty('y');
  });
  test('refuses a program when it is compiled, not when it is run', async () => {
    const x = g.input('x', [4]);
    const broken = g.program('broken', { inputs: [x], outputs: { y: g.add(x, 1) } });
    const garbled = { ...broken, emit: () => Uint8Array.of(1, 2, 3) } as unknown as g.Program;
    const engine = parallel();
    await expect(engine.compile(garbled)).rejects.toMatchObject({ code: 'engine-failed' });
    await expect(engine.compile(broken)).resolves.toBeDefined();
  });
  test('runs nothing more in a session, or an engine, that was closed', async () => {
    const engine = parallel();
    const [first, second] = [await engine.compile(product()), await engine.compile(product())];
    await first.run(feedsOf(1));
    await first.close();
    await expect(first.run(feedsOf(1))).rejects.toThrow('the session of product is closed');
    await expect(second.run(feedsOf(1))).resolves.toHaveProperty('y');
    const late = second.run(feedsOf(2));
    await engine.close();
    await expect(late).rejects.toMatchObject({ code: 'engine-failed' });
    await expect(second.run(feedsOf(1))).rejects.toThrow('closed');
  });
});
