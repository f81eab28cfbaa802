import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateFields } from '../../src/cli/commands/generate.js';
import { flagOf } from '../../src/cli/schema-flags.js';
import { type FoleyRequestField, foleyRequestSchema, parseRequest } from '../../src/foley/request.js';
import { requestFields } from '../../src/foley/request-fields.js';
import { variants } from '../foley/request-variants.js';
import { capture } from './capture.js';

const least = ['generate', 'clip.mp4', '--label', 'dog'];
const argsOf = (name: string, text: string | null) => [flagOf(name), ...(text === null ? [] : [text])];

describe('flags of generate', () => {
  it('are the fields of the request, all of them and no others', () => {
    expect(generateFields.map((field) => field.name)).toEqual(
      Object.keys(foleyRequestSchema.shape).filter((name) => name !== 'video' && name !== 'tracks'),
    );
  });

  it.each(generateFields.map((field) => field.name as FoleyRequestField))(
    '--%s changes the request, and nothing else of it',
    async (name) => {
      const { text, value, beside = {} } = variants[name];
      const besideArgs = Object.entries(beside).flatMap(([other, given]) => argsOf(other, String(given)));
      const { requests, stderr, code } = await capture([...least, ...besideArgs, ...argsOf(name, text)]);
      expect(stderr).not.toContain('error');
      expect(code).toBe(0);
      expect(requests[0]).toEqual(
        parseRequest({ video: 'clip.mp4', label: 'dog', ...beside, [name]: value }),
      );
    },
  );

  it.each(
    generateFields
      .filter((field) => field.nullWord !== undefined)
      .map((field) => [field.name, field.nullWord!]),
  )('%s takes the word %s', async (name, word) => {
    expect((await capture([...least, flagOf(name), word])).requests[0]).toHaveProperty(name, null);
  });

  const numbers = generateFields.filter((field) => field.kind === 'number' || field.kind === 'integer');
  it.each(numbers.map((field) => [flagOf(field.name), field] as const))(
    '%s is checked by name and range',
    async (flag, field) => {
      const wrong = [
        '',
        'ten',
        '1e',
        '0x10',
        'Infinity',
        'NaN',
        String(field.maximum! + 1),
        String(field.minimum! - 1),
      ];
      if (field.kind === 'integer') wrong.push(String(field.minimum! + 0.5));
      for (const text of wrong) {
        const { code, stderr, requests } = await capture([...least, flag, text]);
        expect(stderr, text).toMatch(
          new RegExp(`^error: ${flag} must be a (whole )?number (from|above) .*, got `),
        );
        expect(stderr).toContain(String(field.maximum));
        expect(code).toBe(2);
        expect(requests).toEqual([]);
      }
    },
  );

  it('the last of a repeated flag counts', async () => {
    expect((await capture([...least, '--steps', '5', '--steps', '9'])).requests[0]!.steps).toBe(9);
  });

  it('--help tells of each what it does and what it is unless given', async () => {
    const { stdout, code } = await capture(['generate', '--help']);
    expect(code).toBe(0);
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const field of requestFields(foleyRequestSchema)) {
      if (field.name === 'video' || field.name === 'tracks') continue;
      expect(text).toContain(flagOf(field.name));
      expect(text, field.name).toContain(field.help);
      if (typeof field.defaultValue === 'number') expect(text).toContain(`default ${field.defaultValue}`);
    }
  });

  it('--from takes the request of a result, which flags change', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-from-'));
    const file = join(folder, 'a.foley.json');
    const request = parseRequest({ video: 'clip.mp4', label: 'dog', steps: 7, seed: 5, overwrite: true });
    await writeFile(file, JSON.stringify({ format: 'smooth-foley.result/1', request, other: 1 }));
    const { requests } = await capture(['generate', '--from', file, '--seed', '6']);
    expect(requests[0]).toEqual({ ...request, seed: 6, overwrite: false });
    await writeFile(file, '{"format":"smooth-foley.mix/1","request":{}}');
    expect(await capture(['generate', '--from', file])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('is neither a result of smooth-foley generate nor a request'),
    });
    await writeFile(file, 'no json');
    expect(await capture(['generate', '--from', file])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('is not JSON'),
    });
    expect(await capture(['generate', '--from', join(folder, 'none')])).toMatchObject({ code: 3 });
    await rm(folder, { recursive: true });
  });

  it('--from takes a request as it is, with tracks, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-from-'));
    const file = join(folder, 'request.json');
    const tracks = [
      { label: 'dog', timing: { spans: [] } },
      { label: 'rain', gain: -6 },
    ];
    await writeFile(file, JSON.stringify({ tracks, steps: 7 }));
    const from = async (...args: string[]) =>
      (await capture(['generate', 'clip.mp4', '--from', file, ...args])).requests[0];
    expect(await from()).toEqual(parseRequest({ video: 'clip.mp4', tracks, steps: 7 }));
    expect(await from('--label', 'cat')).toEqual(parseRequest({ video: 'clip.mp4', label: 'cat', steps: 7 }));
    expect(await from('--track', 'cat')).toEqual(
      parseRequest({ video: 'clip.mp4', tracks: [{ label: 'cat' }], steps: 7 }),
    );
    await rm(folder, { recursive: true });
  });
});

describe('--track', () => {
  const tracksOf = async (...tracks: string[]) =>
    capture(['generate', 'clip.mp4', ...tracks.flatMap((track) => ['--track', track])]);

  it('is one track each, with its options behind semicolons', async () => {
    const { requests } = await tracksOf(
      'dog barking',
      'rain; gain=-6; pan=0.5; mute; seed=3; negative=wind, music; prompt=heavy rain = loud; timing=t.json; threshold=0.4;',
    );
    expect(requests[0]).toEqual(
      parseRequest({
        video: 'clip.mp4',
        tracks: [
          { label: 'dog barking' },
          {
            label: 'rain',
            gain: -6,
            pan: 0.5,
            mute: true,
            seed: 3,
            negative: 'wind, music',
            prompt: 'heavy rain = loud',
            timing: 't.json',
            threshold: 0.4,
          },
        ],
      }),
    );
  });

  it.each([
    ['rain; gian=3', 'there is no option "gian=3"'],
    ['rain; gain', 'gain needs a value'],
    ['rain; mute=yes', 'mute takes no value'],
    ['rain; gain=loud', 'tracks[0].gain must be a number from -60 to 24 dB, got "loud"'],
    ['; gain=3', 'tracks[0].label must be text of at most 200 characters, and not empty, got ""'],
  ])('%s: %s', async (track, message) => {
    const { code, stderr, requests } = await tracksOf(track);
    expect(stderr).toContain(message);
    expect([code, requests]).toEqual([2, []]);
  });

  it('and --label exclude each other', async () => {
    const { code, stderr } = await capture([...least, '--track', 'rain']);
    expect(stderr).toContain('--label belongs to a single label, and --track has several');
    expect(code).toBe(2);
  });
});
