import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/index.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import * as g from '../../src/graph/index.js';
import { relativeError, sampleValues } from '../graph/evaluate.js';

let folder: string;
let engine: Engine;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foley-engine-'));
  engine = createOrtEngine({ threads: 1 });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** Writes float32 values behind 67 bytes of something else, so that the offset is not aligned. */
async function weightFile(path: string, values: Float32Array): Promise<g.WeightReference> {
  const bytes = new Uint8Array(67 + values.byteLength);
  bytes.set(new Uint8Array(values.buffer), 67);
  await writeFile(path, bytes);
  return {
    key: 'w',
    dtype: 'float32',
    shape: [values.length],
    file: path,
    byteOffset: 67,
    byteLength: values.byteLength,
  };
}

describe('frozen weights', () => {
  test('are read in place, from several folders and through symlinks', async () => {
    await mkdir(join(folder, 'a'));
    await mkdir(join(folder, 'b'));
    const first = await weightFile(join(folder, 'a', 'one'), Float32Array.of(1, 2, 3));
    const second = await weightFile(join(folder, 'b', 'two'), Float32Array.of(10, 20, 30));
    await symlink(join(folder, 'b', 'two'), join(folder, 'a', 'linked'));
    const linked = { ...second, file: join(folder, 'a', 'linked') };
    const y = g.add(g.weight(first), g.weight(linked));
    const session = await engine.compile(g.program('sum', { inputs: [], outputs: { y } }));
    expect([...g.floats((await session.run({})).y!)]).toEqual([11, 22, 33]);
  });

  test.each(['float16', 'bfloat16'] as const)('stored as %s are widened', async (dtype) => {
    const path = join(folder, 'half');
    const bits =
      dtype === 'float16' ? Uint16Array.of(0x3c00, 0xc000, 0x3555) : Uint16Array.of(0x3f80, 0xc000, 0x3eab);
    await writeFile(path, new Uint8Array(bits.buffer));
    const w = g.weight({ key: 'h', dtype, shape: [3], file: path, byteOffset: 0, byteLength: 6 });
    const session = await engine.compile(
      g.program('widen', { inputs: [], outputs: { y: g.cast(w, 'float32') } }),
    );
    // the nearest half to 1/3 has an error of 1e-4, the nearest bfloat16 one of 1e-3
    expect(relativeError((await session.run({})).y!, Float32Array.of(1, -2, 1 / 3))).toBeLessThan(1e-3);
  });

  // folded at opening, 264 MiB of halves would be 528 MiB of private floats; the file is sparse and is not run
  test.skipIf(process.platform !== 'linux')(
    'of half precision stay in their file when they are large',
    async () => {
      const path = join(folder, 'large');
      const shape = [264 * 1024, 512];
      const byteLength = 2 * shape[0]! * shape[1]!;
      const file = await open(path, 'w');
      await file.truncate(byteLength);
      await file.close();
      const w = g.weight({ key: 'h', dtype: 'float16', shape, file: path, byteOffset: 0, byteLength });
      const x = g.input('x', [1, 512]);
      const y = g.linear(x, g.cast(w, 'float32'), null);
      const before = await privateMiB();
      const session = await engine.compile(g.program('large', { inputs: [x], outputs: { y } }));
      expect((await privateMiB()) - before).toBeLessThan(264);
      await session.close();
    },
  );

  test('that are missing or too short give an error that names the program or file', async () => {
    const reference = await weightFile(join(folder, 'short'), new Float32Array(4));
    const gone = g.program('gone', {
      inputs: [],
      outputs: { y: g.weight({ ...reference, file: join(folder, 'nowhere') }) },
    });
    await expect(engine.compile(gone)).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining('nowhere'),
    });
    const beyond = g.weight({ ...reference, byteOffset: 71 });
    const short = g.program('short', { inputs: [], outputs: { y: g.neg(beyond) } });
    await expect(engine.compile(short)).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining('short'),
    });
  });
});

describe('runs', () => {
  test('refuse feeds that do not fit, by name', async () => {
    const x = g.input('x', [2]);
    const session = await engine.compile(g.program('p', { inputs: [x], outputs: { y: g.neg(x) } }));
    const code = 'graph-invalid';
    await expect(session.run({})).rejects.toMatchObject({ code, message: expect.stringContaining('x') });
    await expect(session.run({ x: g.tensor([3], new Float32Array(3)) })).rejects.toMatchObject({ code });
    await expect(session.run({ x: g.tensor([2], new Int32Array(2), 'int32') })).rejects.toMatchObject({
      code,
    });
    const good = g.tensor([2], new Float32Array(2));
    await expect(session.run({ x: good, z: good })).rejects.toMatchObject({
      code,
      message: expect.stringContaining('z'),
    });
  });

  test('write into the buffers they are given', async () => {
    const x = g.input('x', [3]);
    const session = await engine.compile(g.program('p', { inputs: [x], outputs: { y: g.mul(x, 2) } }));
    const buffer = g.tensor([3], new Float32Array(3));
    const { y } = await session.run({ x: g.tensor([3], Float32Array.of(1, 2, 3)) }, { y: buffer });
    expect(y!.data).toBe(buffer.data);
    expect([...buffer.data]).toEqual([2, 4, 6]);
  });

  test('take every element type', async () => {
    const whole = g.input('whole', [2], 'int64');
    const flags = g.input('flags', [2], 'bool');
    const outputs = { a: g.cast(whole, 'float32'), b: g.where(flags, 1, 0), c: g.cast(whole, 'int32') };
    const session = await engine.compile(g.program('types', { inputs: [whole, flags], outputs }));
    const result = await session.run({
      whole: g.tensor([2], BigInt64Array.of(-3n, 4n), 'int64'),
      flags: g.tensor([2], Uint8Array.of(1, 0), 'bool'),
    });
    expect([...g.floats(result.a!), ...g.floats(result.b!), ...(result.c!.data as Int32Array)]).toEqual([
      -3, 4, 1, 0, -3, 4,
    ]);
  });
});

/** A block with every kernel family of the models: convolution, both norms, attention, matrix products. */
function block(): { inputs: g.Value[]; y: g.Value; feeds: Record<string, g.FloatTensor> } {
  const shapes = { x: [2, 8, 8, 16], w: [8, 8, 3, 3], b: [8], n: [8], q: [8, 8] } as const;
  const feeds: Record<string, g.FloatTensor> = {};
  const inputs = Object.entries(shapes).map(([name, shape], i) => {
    feeds[name] = g.tensor(shape, sampleValues(g.elementCount(shape), i + 1));
    return g.input(name, shape);
  });
  const [x, w, b, n, q] = inputs as [g.Value, g.Value, g.Value, g.Value, g.Value];
  const convolved = g.silu(g.groupNorm(g.conv2d(x, w, b, { padding: 1 }), n, b, { groups: 4, eps: 1e-5 }));
  const tokens = g.transpose(g.reshape(convolved, [2, 8, 128]), [0, 2, 1]); // [2, 128, 8]
  const normalised = g.layerNorm(tokens, n, b, { eps: 1e-5 });
  const attended = g.attention(g.linear(normalised, q, null), normalised, tokens, { heads: 2 });
  return { inputs, y: g.gelu(g.add(attended, tokens)), feeds };
}

/** Pages of this process that belong to no file. */
async function privateMiB(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}

test('working memory that is given back changes no byte', async () => {
  const { inputs, y, feeds } = block();
  const [kept, released] = await Promise.all(
    (['kept', 'released'] as const).map((workingMemory) =>
      engine.compile(g.program('block', { inputs, outputs: { y } }), { workingMemory }),
    ),
  );
  const wanted = (await kept!.run(feeds)).y!.data;
  // the second run is the first with a planned block
  for (let run = 0; run < 3; run++) expect((await released!.run(feeds)).y!.data).toEqual(wanted);
});

// 128 MiB of intermediate values; kept ones would stay with the session
test.skipIf(process.platform !== 'linux')('working memory is given back when that is asked for', async () => {
  const size = 4096;
  const x = g.input('x', [size, size]);
  const y = g.sum(g.mul(g.exp(x), g.sin(x)), [0, 1]);
  const session = await engine.compile(g.program('wide', { inputs: [x], outputs: { y } }), {
    workingMemory: 'released',
  });
  const feeds = { x: g.tensor([size, size], new Float32Array(size * size).fill(0.5)) };
  const before = await privateMiB();
  for (let run = 0; run < 2; run++) await session.run(feeds);
  expect((await privateMiB()) - before).toBeLessThan(48);
});

test('one and two threads give the same bytes, and so does a second run', async () => {
  const { inputs, y, feeds } = block();
  const results = [];
  for (const threads of [1, 2, 2]) {
    const own = createOrtEngine({ threads });
    const session = await own.compile(g.program('block', { inputs, outputs: { y } }));
    results.push(Buffer.from(g.floats((await session.run(feeds)).y!).buffer).toString('hex'));
    await own.close();
  }
  expect(results[1]).toBe(results[0]);
  expect(results[2]).toBe(results[0]);
});

// a machine without a GPU runs the provider through SwiftShader, named by VK_ICD_FILENAMES
const softwareDriver = process.env.VK_ICD_FILENAMES ?? '';
const gpuReason = existsSync(softwareDriver) ? null : 'VK_ICD_FILENAMES names no Vulkan driver';
describe.skipIf(gpuReason !== null)(`WebGPU${gpuReason === null ? '' : ` (skipped: ${gpuReason})`}`, () => {
  test('agrees with the CPU on forward and gradient', async () => {
    const { inputs, y, feeds } = block();
    const [dx, dw] = g.gradients(g.meanAll(g.square(y)), inputs.slice(0, 2));
    const definition = g.program('block', { inputs, outputs: { y, dx: dx!, dw: dw! } });
    const onCpu = await (await engine.compile(definition)).run(feeds);
    const gpu = createOrtEngine({ device: 'webgpu' });
    const onGpu = await (await gpu.compile(definition)).run(feeds);
    await gpu.close();
    // float32 on both, summed in another order and with the GPU's own exp and erf
    for (const name of ['y', 'dx', 'dw'])
      expect(relativeError(onGpu[name]!, onCpu[name]!), name).toBeLessThan(1e-3);
  });
});
