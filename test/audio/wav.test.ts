import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wavHeader } from '../../src/audio/wav-format.js';
import { decodeWav, isWav } from '../../src/audio/wav-reader.js';
import { encodeWav } from '../../src/audio/wav-writer.js';
import { createWave } from '../../src/audio/wave.js';
import { FoleyError } from '../../src/errors/foley-error.js';
import { golden, maxDifference } from './golden.js';

const samples = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 40 });
const waves = fc
  .tuple(samples, fc.integer({ min: 1, max: 3 }), fc.constantFrom(8000, 16_000, 44_100))
  .map(([values, count, rate]) =>
    createWave(
      rate,
      Array.from({ length: count }, (_, c) => Float32Array.from(values, (x) => x / (c + 1))),
    ),
  );
const formats = [
  ['pcm16', 1 / 32768],
  ['pcm24', 1 / 8388608],
  ['float32', 0],
] as const;

describe('WAV files', () => {
  test.each(formats)('%s goes to a file and back within half a step', (format, step) => {
    fc.assert(
      fc.property(waves, fc.constantFrom('auto' as const, 'rf64' as const), (wave, container) => {
        const back = decodeWav(encodeWav(wave, { format, container }));
        expect(back.sampleRateHz).toBe(wave.sampleRateHz);
        expect(back.channels.length).toBe(wave.channels.length);
        for (const [c, channel] of wave.channels.entries()) {
          // Half a step of rounding, a whole one at +1, which two's complement does not have.
          const allowed = channel.some((x) => x > 1 - step) ? step : step / 2;
          expect(maxDifference(back.channels[c]!, channel)).toBeLessThanOrEqual(allowed + 6e-8);
        }
      }),
    );
  });

  test('loud samples clip instead of wrapping', () => {
    const loud = createWave(8000, [Float32Array.of(1, 1.5, -1.5, Number.NaN)]);
    for (const format of ['pcm16', 'pcm24'] as const) {
      const [channel] = decodeWav(encodeWav(loud, { format })).channels;
      expect([...channel!].map((x) => Math.round(x * 100) / 100)).toEqual([1, 1, -1, 0]);
    }
  });

  test.each(['tone-pcm24.wav', 'tone-extensible.wav', 'tone-u8.wav'])(
    '%s reads as in libsndfile (reference/audio/files.py)',
    async (name) => {
      const wanted = await (await golden('files'))(name);
      const { channels } = decodeWav(await readFile(`test/golden/audio/${name}`), name);
      expect(maxDifference([...channels[0]!, ...channels[1]!], wanted.data)).toBe(0);
    },
  );

  test('float64 files are read as float32', async () => {
    const source = (await (await golden('files'))('source')).data.subarray(0, 800);
    const { channels } = decodeWav(await readFile('test/golden/audio/tone-float64.wav'));
    expect(maxDifference(channels[0]!, source)).toBe(0);
  });

  test('a file beyond 4 GiB gets an RF64 header with 64-bit sizes, one just below does not', () => {
    const fields = { sampleRateHz: 48_000, channelCount: 2, format: 'pcm16' } as const;
    const text = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
    const small = wavHeader({ ...fields, sampleCount: Math.floor((2 ** 32 - 1 - 36) / 4) });
    expect(text(small, 0)).toBe('RIFF');
    const sampleCount = 2 ** 31;
    const big = wavHeader({ ...fields, sampleCount });
    const view = new DataView(big.buffer);
    expect([text(big, 0), text(big, 12), text(big, 72)]).toEqual(['RF64', 'ds64', 'data']);
    expect(view.getUint32(4, true)).toBe(0xffffffff);
    expect(view.getBigUint64(20, true)).toBe(BigInt(sampleCount * 4 + big.length - 8));
    expect(view.getBigUint64(28, true)).toBe(BigInt(sampleCount * 4));
    expect(view.getBigUint64(36, true)).toBe(BigInt(sampleCount));
    expect(view.getUint32(76, true)).toBe(0xffffffff);
  });
});

describe('hostile WAV files', () => {
  const good = encodeWav(createWave(8000, [Float32Array.of(0.1, 0.2, 0.3), Float32Array.of(0, 0, 0)]), {
    format: 'float32',
  });

  /** Decoding either works or throws a FoleyError of the right code, on one line; nothing else. */
  function decodesOrRefuses(bytes: Uint8Array): boolean {
    try {
      decodeWav(bytes, 'x.wav');
      return true;
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(FoleyError);
      expect((thrown as FoleyError).code).toBe('input-rejected');
      expect((thrown as FoleyError).message).toMatch(/^x\.wav: [\x20-\x7e]+$/);
      return false;
    }
  }

  test('every truncation is refused', () => {
    for (let length = 0; length < good.length; length++)
      expect(decodesOrRefuses(good.subarray(0, length))).toBe(false);
  });

  test('changed bytes never do worse than a clear refusal', () => {
    const rf64 = encodeWav(createWave(8000, [Float32Array.of(0.1, 0.2)]), { container: 'rf64' });
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(good, rf64),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (file, changes) => {
          const bytes = file.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          decodesOrRefuses(bytes);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('random bytes behind a valid beginning are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
        const bytes = Uint8Array.from([...good.subarray(0, 12), ...tail]);
        decodesOrRefuses(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['channels 0', 22, [0, 0], /0 channels/],
    ['65535 channels', 22, [255, 255], /65535 channels/],
    ['rate 0', 24, [0, 0, 0, 0], /sample rate of 0/],
    ['12 bits', 34, [12, 0], /12-bit/],
    ['ADPCM', 20, [2, 0], /format tag 2/],
    ['block size', 32, [7, 0], /block size 7/],
    ['sample that is not a number', good.length - 4, [0, 0, 192, 127], /not a finite number/],
  ])('%s is named', (_, at, values, message) => {
    const bytes = good.slice();
    bytes.set(values as number[], at as number);
    expect(() => decodeWav(bytes)).toThrow(message as RegExp);
  });

  test('isWav looks at both tags', () => {
    expect(isWav(good)).toBe(true);
    expect(isWav(Uint8Array.from(good).fill(0, 8, 12))).toBe(false);
    expect(isWav(new Uint8Array(3))).toBe(false);
  });
});
