/** @file Files on disk: one written by the reference implementation, our own written and read back, and replaced ones. */
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tensor } from '../../src/graph/tensor.js';
import { openSafetensors, writeSafetensors } from '../../src/weights/safetensors-file.node.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file written by the Python package', () => {
  // python reference/weights/safetensors_golden.py test/golden/weights/python.safetensors
  const golden = fileURLToPath(new URL('../golden/weights/python.safetensors', import.meta.url));

  test('reads with the same values, bit for bit', async () => {
    const file = await openSafetensors(golden);
    expect(Object.fromEntries(file.metadata)).toEqual({ made_by: 'python', note: 'ä"\\' });
    expect(await file.read('f32')).toEqual(
      tensor([2, 3], new Float32Array([1.5, -2.25, 3e-39, Number.POSITIVE_INFINITY, -0, 1 / 3])),
    );
    expect(await file.readFloat32('f16')).toEqual(
      tensor([4], new Float32Array([1, -65504, 2 ** -24, 0.333251953125])),
    );
    expect((await file.read('f16')).dtype).toBe('float16');
    expect(await file.readFloat32('bf16')).toEqual(
      tensor([3], new Float32Array([1, -3, 3.3895313892515355e38])),
    );
    expect(await file.read('i32')).toEqual(tensor([2], new Int32Array([-(2 ** 31), 2 ** 31 - 1]), 'int32'));
    expect(await file.read('i64')).toEqual(
      tensor([2], new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]), 'int64'),
    );
    expect(await file.read('u8')).toEqual(tensor([2], new Uint8Array([0, 255]), 'uint8'));
    expect(await file.read('bool')).toEqual(tensor([3], new Uint8Array([1, 0, 1]), 'bool'));
    expect(await file.read('scalar')).toEqual(tensor([], new Float32Array([7])));
    expect((await file.read('empty')).shape).toEqual([0, 3]);
    expect(file.tensors.get('näme "quoted"\n')?.byteLength).toBe(1);
  });

  test('says which tensor has a type that no graph holds, and which is not there', async () => {
    const file = await openSafetensors(golden);
    await expect(file.read('f64')).rejects.toMatchObject({
      code: 'weights-invalid',
      message: /f64 has the type F64/,
    });
    await expect(file.read('g')).rejects.toMatchObject({ code: 'weights-invalid', message: /no tensor "g"/ });
    await expect(file.readFloat32('u8')).rejects.toMatchObject({ code: 'weights-invalid' });
  });
});

test('what is written is what is read; float16 on request, for float32 tensors only', async () => {
  const path = join(folder, 'a.safetensors');
  const weights = tensor([2, 2], new Float32Array([0.1, -1, 70000, 2 ** -25]));
  const counts = tensor([1], new BigInt64Array([3n]), 'int64');
  await writeSafetensors(
    path,
    [
      ['weights', weights],
      ['kept', weights],
      ['counts', counts],
    ],
    {
      metadata: { step: '7' },
      asFloat16: (name) => name !== 'kept',
    },
  );
  const file = await openSafetensors(path);
  expect([...file.tensors.values()].map(({ name, storedType }) => [name, storedType])).toEqual([
    ['counts', 'I64'],
    ['kept', 'F32'],
    ['weights', 'F16'],
  ]);
  expect(file.metadata.get('step')).toBe('7');
  expect(await file.read('kept')).toEqual(weights);
  expect(await file.read('counts')).toEqual(counts);
  // numpy: np.float16([0.1, -1, 70000, 2**-25]) -> 0.0999755859375, -1, inf, 0 (ties to even)
  expect([...(await file.readFloat32('weights')).data]).toEqual([
    0.0999755859375,
    -1,
    Number.POSITIVE_INFINITY,
    0,
  ]);
  expect(await readdir(folder)).toEqual(['a.safetensors']);
});

describe('openSafetensors', () => {
  test('names the file that is not there', async () => {
    await expect(openSafetensors(join(folder, 'gone.safetensors'))).rejects.toMatchObject({
      code: 'model-missing',
      message: /gone\.safetensors/,
    });
  });

  test('refuses a folder and a text file', async () => {
    await expect(openSafetensors(folder)).rejects.toMatchObject({ code: 'weights-invalid' });
    const path = join(folder, 'a.safetensors');
    await writeFile(path, 'version https://git-lfs.github.com/spec/v1');
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'weights-invalid',
      message: /a\.safetensors/,
    });
  });

  test('resolves links, so that the engine sees the real file', async () => {
    const path = join(folder, 'blob');
    await writeSafetensors(path, [['a', tensor([1], new Float32Array([1]))]]);
    await symlink(path, join(folder, 'link.safetensors'));
    const file = await openSafetensors(join(folder, 'link.safetensors'));
    expect(file.id.endsWith('blob')).toBe(true);
    expect((await file.readFloat32('a')).data[0]).toBe(1);
  });

  test('notices that the file was replaced since it was opened', async () => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, [['a', tensor([1], new Float32Array([1]))]]);
    const file = await openSafetensors(path);
    await writeSafetensors(path, [['b', tensor([2], new Float32Array([1, 2]))]]);
    await expect(file.read('a')).rejects.toMatchObject({ code: 'weights-invalid', message: /replaced/ });
  });
});
