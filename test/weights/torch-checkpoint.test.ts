/** @file Checkpoints written by torch, hostile ones written by hand, and 10,000 damaged ones. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import {
  bytesInMemory,
  type ConversionProgress,
  convertCheckpoint,
  openSafetensors,
  readTorchCheckpoint,
  type TorchCheckpoint,
  tensorFromBytes,
} from '../../src/weights/index.node.js';

// python reference/weights/torch_checkpoint_golden.py test/golden/weights
const golden = (name: string) => fileURLToPath(new URL(`../golden/weights/${name}`, import.meta.url));

async function numbersOf(checkpoint: TorchCheckpoint, name: string): Promise<readonly (number | bigint)[]> {
  const found = checkpoint.get(name)!;
  const bytes = await found.bytes();
  const pieces: Uint8Array[] = [];
  for await (const piece of found.pieces()) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  if (found.storedType === 'F64') return [...new Float64Array(bytes.slice().buffer)];
  return [...tensorFromBytes({ ...found, byteOffset: 0, byteLength: bytes.byteLength }, bytes, name).data];
}

async function rejectionOf(promise: Promise<unknown>): Promise<FoleyError> {
  const error = await promise.then(
    () => expect.fail('expected a rejection'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FoleyError);
  return error as FoleyError;
}

describe.each(['torch-zip.pt', 'torch-legacy.pt'])('%s', (name) => {
  const read = async () =>
    readTorchCheckpoint(bytesInMemory(new Uint8Array(await readFile(golden(name))), name));
  const eighths = (...values: number[]) => values.map((value) => value / 8);

  test('gives the tensors under the names of the dictionaries on the way', async () => {
    const names = [...(await read()).keys()];
    expect(names.slice(0, 7)).toEqual([
      'state_dict.conv.weight',
      'state_dict.conv.bias',
      'state_dict.norm.weight',
      'state_dict.norm.bias',
      'state_dict.norm.running_mean',
      'state_dict.norm.running_var',
      'state_dict.norm.num_batches_tracked',
    ]);
    expect(names.slice(-4)).toEqual([
      'tied.0',
      'tied.1',
      'optimizer.state.0.step',
      'optimizer.state.0.exp_avg',
    ]);
  });

  test('makes every strided view row-major', async () => {
    const checkpoint = await read();
    expect(await numbersOf(checkpoint, 'strided.whole')).toEqual(eighths(...Array(24).keys()));
    expect(checkpoint.get('strided.transposed')?.shape).toEqual([6, 4]);
    expect((await numbersOf(checkpoint, 'strided.transposed')).slice(0, 8)).toEqual(
      eighths(0, 6, 12, 18, 1, 7, 13, 19),
    );
    expect(await numbersOf(checkpoint, 'strided.sliced')).toEqual(eighths(6, 8, 10, 12, 14, 16));
    expect(await numbersOf(checkpoint, 'strided.column')).toEqual(eighths(2, 8, 14, 20));
    expect(await numbersOf(checkpoint, 'strided.scalar')).toEqual(eighths(15));
    expect(await numbersOf(checkpoint, 'strided.empty')).toEqual([]);
    expect(await numbersOf(checkpoint, 'tied.1')).toEqual(eighths(0, 1, 2, 3, 4, 5));
  });

  test('keeps every type', async () => {
    const checkpoint = await read();
    const types = [...checkpoint.values()].filter((one) => one.name.startsWith('types.'));
    expect(types.map(({ storedType }) => storedType)).toEqual(['F16', 'BF16', 'F64', 'I64', 'U8', 'BOOL']);
    expect(await numbersOf(checkpoint, 'types.half')).toEqual([0x3c00, 0xc100]);
    expect(await numbersOf(checkpoint, 'types.bfloat')).toEqual([0x3f80, 0xc020]);
    expect(await numbersOf(checkpoint, 'types.double')).toEqual([0.1]);
    expect(await numbersOf(checkpoint, 'types.long')).toEqual([-1n, 2n ** 40n]);
    expect(await numbersOf(checkpoint, 'types.byte')).toEqual([0, 255]);
    expect(await numbersOf(checkpoint, 'types.bool')).toEqual([1, 0]);
  });

  test('is refused at every length shorter than its own', async () => {
    const bytes = new Uint8Array(await readFile(golden(name)));
    for (let length = 0; length < bytes.length; length += 97) {
      const error = await rejectionOf(readTorchCheckpoint(bytesInMemory(bytes.slice(0, length), 'cut.pt')));
      expect(error).toMatchObject({ code: 'weights-invalid', message: expect.stringContaining('cut.pt') });
    }
  });
});

describe('convertCheckpoint', () => {
  test.each(['torch-zip.pt', 'torch-legacy.pt'])(
    'writes the model in %s, and says what it left out',
    async (name) => {
      const folder = await mkdtemp(join(tmpdir(), 'convert-'));
      try {
        const path = join(folder, 'out.safetensors');
        const progress: ConversionProgress[] = [];
        const conversion = await convertCheckpoint(golden(name), path, {
          onProgress: (one) => progress.push(one),
        });
        expect(conversion.dropped.map((group) => [group.name, group.tensors, group.bytes])).toEqual([
          ['strided', 6, 4 * (24 + 24 + 6 + 4 + 1)],
          ['types', 6, 4 + 4 + 8 + 16 + 2 + 2],
          ['tied', 2, 4 * (24 + 6)],
          ['optimizer', 2, 4 + 4 * 24],
        ]);
        const file = await openSafetensors(path);
        expect([...file.tensors.keys()].sort()).toEqual([...conversion.written].sort());
        expect(file.tensors.size).toBe(7);
        // names in sorted order are filled with 0, 1, 2, ... plus a quarter of their rank
        expect([...(await file.readFloat32('conv.bias')).data]).toEqual([0, 1, 2]);
        expect([...(await file.readFloat32('norm.weight')).data]).toEqual([0.75, 1.75, 2.75]);
        const source = await readFile(golden(name));
        const sha256 = createHash('sha256').update(source).digest('hex');
        expect(conversion.sourceSha256).toBe(sha256);
        expect(Object.fromEntries(file.metadata)).toEqual({
          format: 'pt',
          source_file: name,
          source_sha256: sha256,
        });
        const last = (stage: ConversionProgress['stage']) => progress.findLast((one) => one.stage === stage)!;
        expect(last('read')).toMatchObject({ doneBytes: source.byteLength, totalBytes: source.byteLength });
        expect(last('write')).toMatchObject({ doneBytes: last('write').totalBytes });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  test('stops when it is told to, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'convert-'));
    try {
      const abort = new AbortController();
      const error = await rejectionOf(
        convertCheckpoint(golden('torch-zip.pt'), join(folder, 'out.safetensors'), {
          signal: abort.signal,
          onProgress: ({ stage }) => {
            if (stage === 'write') abort.abort();
          },
        }),
      );
      expect(error.code).toBe('cancelled');
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('takes a damaged storage for what it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'convert-'));
    try {
      const bytes = await readFile(golden('torch-zip.pt'));
      const value = bytes.indexOf(Buffer.from(Float32Array.of(0.75, 1.75, 2.75).buffer));
      bytes[value] = bytes[value]! ^ 1;
      const path = join(folder, 'bent.pt');
      await writeFile(path, bytes);
      const error = await rejectionOf(convertCheckpoint(path, join(folder, 'out.safetensors')));
      expect(error).toMatchObject({
        code: 'weights-invalid',
        message: expect.stringContaining('bent.pt has damaged bytes'),
      });
      expect(await readdir(folder)).toEqual(['bent.pt']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('leaves nothing behind when the checkpoint is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'convert-'));
    try {
      const error = await rejectionOf(
        convertCheckpoint(golden('torch-object.pt'), join(folder, 'out.safetensors')),
      );
      expect(error.message).toContain('torch-object.pt asks for the Python object "fractions.Fraction"');
      expect(await readdir(folder)).toEqual([]);
      expect(await rejectionOf(convertCheckpoint(join(folder, 'gone.pt'), 'x'))).toMatchObject({
        code: 'model-missing',
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('arrays and numbers of NumPy beside the weights are passed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'convert-'));
  try {
    const out = join(folder, 'out.safetensors');
    const { written } = await convertCheckpoint(golden('torch-numpy.pt'), out);
    expect(written).toEqual(['fc.weight']);
    expect((await (await openSafetensors(out)).read('fc.weight')).shape).toEqual([4, 6]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a hostile checkpoint', () => {
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const integer = (value: number) => [0x4a, ...new Uint8Array(Int32Array.of(value).buffer)];
  const word = (value: string) => [0x8c, value.length, ...text(value)];
  const storage = (elements: number, type = 'FloatStorage') => [
    ...[0x28, ...word('storage'), 0x63, ...text(`torch\n${type}\n`), ...word('0'), ...word('cpu')],
    ...[...integer(elements), 0x4e, 0x74, 0x51],
  ];
  const tuple = (...values: number[]) => [0x28, ...values.flatMap(integer), 0x74];
  const rebuilt = (offset: number, shape: number[], strides: number[], elements = 4) => [
    ...[0x63, ...text('torch._utils\n_rebuild_tensor_v2\n'), 0x28, ...storage(elements), ...integer(offset)],
    ...[...tuple(...shape), ...tuple(...strides), 0x89, 0x7d, 0x74, 0x52],
  ];
  const inDictionary = (value: number[]) => [0x7d, 0x28, ...word('w'), ...value, 0x75];
  const head = [
    ...[0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
    ...[0x80, 2, ...integer(1001), 0x2e],
    ...[0x80, 2, 0x7d, 0x28, ...word('little_endian'), 0x88, 0x75, 0x2e],
  ];
  /** A checkpoint of the old kind around the opcodes of one object; its one storage holds four floats. */
  const around = (opcodes: number[]) =>
    Uint8Array.from([
      ...[...head, 0x80, 2, ...opcodes, 0x2e],
      ...[0x80, 2, 0x5d, ...word('0'), 0x61, 0x2e, 4, 0, 0, 0, 0, 0, 0, 0, ...Array(16).fill(0)],
    ]);
  const read = (opcodes: number[]) => readTorchCheckpoint(bytesInMemory(around(opcodes), 'x.pt'));
  const listInItself = [0x5d, 0x71, 0, ...rebuilt(0, [1], [1]), 0x61, 0x68, 0, 0x61];
  const twice = [0x28, 0x68, 0, 0x68, 0, 0x74, 0x71, 0];
  const doubling = [0x28, ...rebuilt(0, [1], [1]), 0x71, 0, ...Array(40).fill(twice).flat(), 0x74];

  test('is read when it is not hostile', async () => {
    expect((await read(inDictionary(rebuilt(1, [3], [1])))).get('w')?.shape).toEqual([3]);
  });

  test.each<[string, number[], RegExp]>([
    [
      'calls os.system',
      [0x63, ...text('os\nsystem\n'), ...word('true'), 0x85, 0x52],
      /Python object "os\.system"/,
    ],
    ['names builtins.eval by the stack', [...word('builtins'), ...word('eval'), 0x93], /"builtins\.eval"/],
    ['hides a name in the module', [0x63, ...text('torch._utils._rebuild_tensor_v2\nx\n')], /_v2\.x"/],
    ['uses INST', [0x28, 0x69, ...text('os\nsystem\n')], /opcode 0x69/],
    ['uses NEWOBJ', [0x29, 0x81], /opcode 0x81/],
    ['uses an extension registry', [0x82, 1], /opcode 0x82/],
    ['calls a value', [...integer(1), 0x29, 0x52], /calls something odd/],
    ['keeps a global', [0x63, ...text('collections\nOrderedDict\n')], /keeps collections\.OrderedDict/],
    ['sets attributes of a tensor', [...rebuilt(0, [1], [1]), 0x7d, 0x62], /sets attributes/],
    ['reaches beyond its storage', inDictionary(rebuilt(2, [3], [1])), /beyond storage 0/],
    ['strides beyond its storage', inDictionary(rebuilt(0, [2], [4])), /beyond storage 0/],
    [
      'repeats one element for ever',
      inDictionary(rebuilt(0, [2 ** 30, 2 ** 30], [0, 0])),
      /malformed|beyond/,
    ],
    ['has a negative stride', inDictionary(rebuilt(3, [4], [-1])), /malformed tensor/],
    ['has more strides than sizes', inDictionary(rebuilt(0, [1], [1, 1])), /malformed tensor/],
    ['claims a larger storage', inDictionary(rebuilt(0, [8], [1], 8)), /two sizes|two ways/],
    ['holds itself', listInItself, /without an end/],
    ['doubles itself forty times', doubling, /far more than it holds/],
    ['holds a key twice', [0x7d, 0x28, ...word('w'), 0x4e, ...word('w'), 0x4e, 0x75], /"w" twice/],
    ['takes from an empty stack', [0x73], /empty stack/],
    ['recalls what it never saw', [0x68, 9], /recalls 9/],
    ['ends a tuple without a mark', [0x74], /no mark/],
    ['leaves values behind', [0x4e, 0x4e], /leaves values/],
    ['holds text that is no UTF-8', [0x8c, 1, 0xff], /no UTF-8/],
  ])('that %s', async (_name, opcodes, fault) => {
    const error = await rejectionOf(read(opcodes));
    expect(error).toMatchObject({ code: 'weights-invalid', message: expect.stringMatching(fault) });
  });
});

describe('10,000 damaged checkpoints', () => {
  test('are refused with our error, or still describe tensors inside the file', async () => {
    const kinds = await Promise.all(
      ['torch-zip.pt', 'torch-legacy.pt'].map(async (name) => new Uint8Array(await readFile(golden(name)))),
    );
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 8 }),
        async (kind, changes, cut) => {
          const original = kinds[kind]!;
          const damaged = original.slice(
            0,
            cut === null ? original.length : Math.floor(cut * original.length),
          );
          for (const { at, byte } of changes) damaged[Math.floor(at * (damaged.length - 1))] = byte;
          try {
            for (const one of (await readTorchCheckpoint(bytesInMemory(damaged, 'x.pt'))).values()) {
              const bytes = await one.bytes();
              expect(bytes.byteLength).toBeLessThanOrEqual(damaged.length);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(FoleyError);
            expect(error).toMatchObject({ code: 'weights-invalid' });
            refused += 1;
          }
        },
      ),
      { numRuns: 10_000 },
    );
    expect(refused).toBeGreaterThan(1000); // otherwise nothing was damaged
  }, 120_000);
});
