/** @file The header reader against every kind of damage, one named test each, and against random damage. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import { parseSafetensors, planSafetensors } from '../../src/weights/safetensors.js';

/** A file of the given header text, padded with `dataBytes` bytes. */
function fileOf(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

function faultOf(bytes: Uint8Array): string {
  try {
    parseSafetensors(bytes, 'x.safetensors');
  } catch (error) {
    expect(error).toBeInstanceOf(FoleyError);
    expect(error).toMatchObject({ code: 'weights-invalid' });
    const { message } = error as FoleyError;
    expect(message).toMatch(/^x\.safetensors /);
    return message;
  }
  return expect.fail('the damage was not noticed');
}

const f32 = (begin: number, end: number, shape = `[${(end - begin) / 4}]`) =>
  `{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('a sound file', () => {
  test('gives name, type, shape and place of each tensor, in the order of their bytes', () => {
    const header = `{"__metadata__":{"format":"pt"},"b":${f32(4, 12, '[2,1]')},"a":${f32(0, 4, '[]')}}   `;
    const { tensors, metadata } = parseSafetensors(fileOf(header, 12), 'x');
    const dataOffset = 8 + header.length;
    expect([...tensors.values()]).toEqual([
      { name: 'a', storedType: 'F32', shape: [], byteOffset: dataOffset, byteLength: 4 },
      { name: 'b', storedType: 'F32', shape: [2, 1], byteOffset: dataOffset + 4, byteLength: 8 },
    ]);
    expect([...metadata]).toEqual([['format', 'pt']]);
  });

  test('may be empty, and may hold tensors without elements', () => {
    expect(parseSafetensors(fileOf('{}'), 'x').tensors.size).toBe(0);
    const both = `{"a":${f32(0, 4)},"none":${f32(4, 4, '[0,3]')},"nothing":${f32(0, 0, '[0]')}}`;
    expect([...parseSafetensors(fileOf(both, 4), 'x').tensors.keys()]).toEqual(['nothing', 'a', 'none']);
  });

  test('may name a tensor like a member of Object.prototype', () => {
    const { tensors } = parseSafetensors(fileOf(`{"constructor":${f32(0, 4)}}`, 4), 'x');
    expect(tensors.get('constructor')?.byteLength).toBe(4);
    expect(tensors.get('toString')).toBeUndefined();
  });
});

describe('a damaged file', () => {
  const wide = new Uint8Array(8);
  new DataView(wide.buffer).setBigUint64(0, 2n ** 63n, true);
  const long = new Uint8Array(16);
  new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);

  test.each<[string, Uint8Array, RegExp]>([
    ['no bytes', new Uint8Array(0), /0 bytes, too few/],
    ['less than a length prefix', new Uint8Array(7), /7 bytes, too few/],
    ['header length beyond 53 bits', wide, /header of 9223372036854775808 bytes/],
    ['header length above the cap', long, /header of 100000001 bytes/],
    ['header cut off', fileOf('{}').subarray(0, 9), /only 9 bytes/],
    ['header of no bytes', fileOf(''), /does not start with \{/],
    ['header that begins with a space', fileOf(' {}'), /does not start with \{/],
    ['header that is no UTF-8', fileOf(new Uint8Array([0x7b, 0xff, 0x7d])), /unreadable header/],
    ['header that is no JSON', fileOf('{"a":}'), /expected a value at character 5/],
    ['text after the header', fileOf('{}{}'), /unexpected text/],
    ['nesting bomb', fileOf(`{"a":${'['.repeat(100_000)}`), /nested too deeply/],
    ['duplicate tensor', fileOf(`{"a":${f32(0, 4)},"a":${f32(0, 4)}}`, 4), /"a" occurs twice/],
    ['duplicate field', fileOf('{"a":{"dtype":"F32","dtype":"F32"}}'), /"dtype" occurs twice/],
    ['__proto__ as a tensor', fileOf(`{"__proto__":${f32(0, 4)}}`, 4), /__proto__ is not allowed/],
    ['__proto__ as a field', fileOf('{"a":{"__proto__":{}}}'), /__proto__ is not allowed/],
    ['escaped __proto__', fileOf('{"\\u005f_proto__":{}}'), /__proto__ is not allowed/],
    ['metadata that is a list', fileOf('{"__metadata__":[]}'), /__metadata__ that is not an object/],
    ['metadata that is no text', fileOf('{"__metadata__":{"a":1}}'), /no text: "a"/],
    ['tensor that is a list', fileOf('{"a":[]}'), /no description for tensor "a"/],
    ['unknown type', fileOf('{"a":{"dtype":"F4","shape":[],"data_offsets":[0,0]}}'), /unknown type "F4"/],
    ['type named like a method', fileOf('{"a":{"dtype":"toString","shape":[]}}'), /unknown type "toString"/],
    ['missing shape', fileOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), /bad shape/],
    ['negative size', fileOf(`{"a":${f32(0, 4, '[-1,-1]')}}`, 4), /bad shape/],
    ['fractional size', fileOf(`{"a":${f32(0, 4, '[0.5,2]')}}`, 4), /bad shape/],
    ['shape beyond exact integers', fileOf(`{"a":${f32(0, 4, '[9007199254740993]')}}`, 4), /bad shape/],
    ['shape product overflow', fileOf(`{"a":${f32(0, 4, '[4294967296,4294967296]')}}`, 4), /too large/],
    ['one offset', fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}', 1), /bad offsets/],
    ['negative offset', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}', 1), /bad offsets/],
    ['reversed offsets', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1), /has -1 bytes/],
    ['span longer than the shape', fileOf(`{"a":${f32(0, 8, '[1]')}}`, 8), /has 8 bytes where shape \[1\]/],
    ['span shorter than the shape', fileOf(`{"a":${f32(0, 4, '[2]')}}`, 4), /needs 8/],
    ['hole at the beginning', fileOf(`{"a":${f32(4, 8)}}`, 8), /hole before tensor "a"/],
    ['hole between tensors', fileOf(`{"a":${f32(0, 4)},"b":${f32(8, 12)}}`, 12), /hole before tensor "b"/],
    ['overlap', fileOf(`{"a":${f32(0, 8)},"b":${f32(4, 8)}}`, 8), /overlaps tensor "b"/],
    ['same bytes twice', fileOf(`{"a":${f32(0, 4)},"b":${f32(0, 4)}}`, 4), /overlaps tensor/],
    ['data cut off', fileOf(`{"a":${f32(0, 8)}}`, 7), /describes/],
    ['data after the last tensor', fileOf(`{"a":${f32(0, 8)}}`, 9), /describes/],
    ['data without tensors', fileOf('{}', 1), /describes 10/],
  ])('%s', (_name, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });

  test('a name from the file is shown short and on one line', () => {
    const message = faultOf(fileOf(`{"${'x'.repeat(5000)}\\n\\u001b[2J":{}}`));
    expect(message.length).toBeLessThan(250);
    expect(message).not.toContain('\u001b');
  });
});

describe('10,000 mutated files', () => {
  const planned = [
    { name: 'conv.weight', storedType: 'F32', shape: [2, 3] },
    { name: 'conv.bias', storedType: 'F16', shape: [2] },
    { name: 'count', storedType: 'I64', shape: [] },
  ] as const;
  const { head } = planSafetensors(planned, { format: 'pt' });
  const sound = new Uint8Array(head.byteLength + 8 + 24 + 4);
  sound.set(head);

  const place = fc.nat(sound.byteLength - 1);
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: place, byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.integer({ min: 1, max: 16 }) }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: place,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
    fc.record({ kind: fc.constant('truncate' as const), at: place }),
  );

  test('are either refused with our error or describe the file without gap or overlap', () => {
    expect(parseSafetensors(sound, 'x').tensors.size).toBe(3);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let bytes: number[] = [...sound];
        for (const change of mutations) {
          if (change.kind === 'set') bytes[Math.min(change.at, bytes.length)] = change.byte;
          else if (change.kind === 'cut') bytes.splice(change.at, change.length);
          else if (change.kind === 'insert') bytes.splice(change.at, 0, ...change.bytes);
          else bytes = bytes.slice(0, change.at);
        }
        let end: number;
        try {
          const mutated = Uint8Array.from(bytes);
          const { tensors } = parseSafetensors(mutated, 'x');
          end = 8 + Number(new DataView(mutated.buffer).getBigUint64(0, true));
          for (const { byteOffset, byteLength } of tensors.values()) {
            expect(byteOffset).toBe(end);
            end += byteLength;
          }
        } catch (error) {
          expect(error).toBeInstanceOf(FoleyError);
          return;
        }
        expect(end).toBe(bytes.length);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('planSafetensors', () => {
  test('refuses names that the format or JavaScript reserves, and duplicates', () => {
    const one = (name: string) => ({ name, storedType: 'F32' as const, shape: [1] });
    for (const name of ['__metadata__', '__proto__'])
      expect(() => planSafetensors([one(name)])).toThrow(FoleyError);
    expect(() => planSafetensors([one('a'), one('a')])).toThrow(/cannot be written under the name "a"/);
  });

  test('what is planned is what is read, for any names, shapes and metadata', () => {
    const name = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((text) => !/^__(metadata|proto)__$/.test(text));
    const stored = fc.record({
      name,
      storedType: fc.constantFrom('F32', 'F16', 'I64', 'U8', 'BOOL'),
      shape: fc.array(fc.nat(4), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(stored, { selector: (one) => one.name, maxLength: 6 }),
        fc.dictionary(name, fc.string(), { maxKeys: 3, noNullPrototype: true }),
        (planned, metadata) => {
          const { head, ordered } = planSafetensors(planned, metadata);
          expect(head.byteLength % 8).toBe(0);
          const bytesOf = { F32: 4, F16: 2, I64: 8, U8: 1, BOOL: 1 };
          const dataBytes = planned.reduce(
            (sum, { storedType, shape }) => sum + shape.reduce((a, b) => a * b, bytesOf[storedType]),
            0,
          );
          const file = new Uint8Array(head.byteLength + dataBytes);
          file.set(head);
          const read = parseSafetensors(file, 'x');
          expect(Object.fromEntries(read.metadata)).toEqual(metadata);
          expect(read.tensors.size).toBe(planned.length);
          for (const { name, storedType, shape } of ordered) {
            const found = read.tensors.get(name);
            expect(found).toMatchObject({ storedType, shape });
            expect((found?.byteOffset ?? Number.NaN) % bytesOf[storedType]).toBe(0);
          }
        },
      ),
    );
  });
});
