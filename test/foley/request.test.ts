import { describe, expect, it } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import { foleyRequestSchema, parseRequest } from '../../src/foley/request.js';
import { fieldGroups, requestFields } from '../../src/foley/request-fields.js';
import {
  type ResolvedRequest,
  type SettledRequest,
  trackPlans,
  withModelDefaults,
} from '../../src/foley/settled-request.js';
import type { ModelDefaults } from '../../src/models/model-config.js';
import { small } from '../../src/models/presets.js';
import { variants } from './request-variants.js';

const fields = requestFields(foleyRequestSchema);
const least = { video: 'clip.mp4', label: 'dog' };

describe('request', () => {
  it('says of every field what it is', () => {
    for (const field of fields) {
      expect(field.label, field.name).toMatch(/^[a-z]/);
      expect(field.help, field.name).not.toBe('');
      expect(Object.keys(fieldGroups), field.name).toContain(field.group);
      if (field.kind === 'number' || field.kind === 'integer') {
        expect(field.minimum, field.name).not.toBeNull();
        expect(field.maximum, field.name).not.toBeNull();
      }
    }
  });

  it('needs a video; all else has a default, or is found in the picture', () => {
    expect(fields.filter((field) => field.isRequired).map((field) => field.name)).toEqual(['video']);
    expect(parseRequest({ video: 'clip.mp4' })).toMatchObject({ label: null, tracks: null });
    const request = parseRequest(least);
    for (const field of fields)
      if (!field.isRequired && field.name !== 'label')
        expect(request).toHaveProperty(field.name, field.defaultValue);
  });

  it.each(fields.filter(({ kind }) => kind !== 'list').map((field) => [field.name, field] as const))(
    'takes another %s, and only within its range',
    (name, field) => {
      const variant = variants[name as keyof typeof variants];
      expect(variant.value).not.toEqual(field.defaultValue);
      expect(parseRequest({ ...least, ...variant.beside, [name]: variant.value })).toHaveProperty(
        name,
        variant.value,
      );
      // a timing may be an object, and says of it what is missing
      const wrong: unknown[] = name === 'timing' ? [[]] : [{}, []];
      if (field.kind === 'number' || field.kind === 'integer')
        wrong.push('1', Number.NaN, Number.POSITIVE_INFINITY, field.maximum! + 1, field.minimum! - 1);
      if (field.kind === 'integer') wrong.push(field.minimum! + 0.5);
      if (field.kind === 'choice') wrong.push('nothing of the kind', '');
      if (field.kind === 'switch') wrong.push('true', 1);
      if (!field.isNullable) wrong.push(null);
      for (const value of wrong) {
        const attempt = () => parseRequest({ ...least, [name]: value }, (field) => `--${field}`);
        expect(attempt, `${name} = ${String(value)}`).toThrow(FoleyError);
        expect(attempt).toThrow(new RegExp(`^--${name} must be `));
      }
    },
  );

  it.each([
    [{ ...least, label: '   ' }, 'label must be text of at most 200 characters, and not empty, got "   "'],
    [{ ...least, label: 'x'.repeat(201) }, 'label must be text of at most 200 characters'],
    [{ ...least, steps: 0 }, 'steps must be a whole number from 1 to 500, or "model", got 0'],
    [{ ...least, duration: 0 }, 'duration must be a number above 0 up to 3600 seconds, or "all", got 0'],
    [{ ...least, stpes: 1 }, 'unknown request field "stpes"'],
    [{ label: 'dog' }, 'video is missing'],
    [{ ...least, originalGain: 3 }, 'originalGain only acts with original mix'],
  ])('%j: %s', (input, message) => {
    expect(() => parseRequest(input)).toThrow(message);
  });
});

describe('tracks', () => {
  const tracks = (...fields: object[]) => ({ video: 'clip.mp4', tracks: fields });

  it('have defaults of their own, or what the request says for all', () => {
    const request = parseRequest({ ...tracks({ label: ' rain ' }), negative: 'music', threshold: 0.4 });
    expect(request.label).toBeNull();
    expect(request.tracks).toEqual([
      {
        label: 'rain',
        prompt: null,
        negative: null,
        seed: null,
        timing: null,
        threshold: null,
        gain: 0,
        pan: 0,
        mute: false,
      },
    ]);
    const [plan] = trackPlans({ ...request, seed: 3 } as SettledRequest);
    // its text is known when the clip was seen
    expect(plan).toMatchObject({ label: 'rain', prompt: null, negative: 'music', threshold: 0.4, gain: 0 });
  });

  it('keep their seed wherever they stand, and no two of one label share it', () => {
    const plansOf = (...labels: string[]) =>
      trackPlans({
        ...parseRequest({ ...tracks(...labels.map((label) => ({ label }))), seed: 3 }),
        seed: 3,
      } as SettledRequest);
    const seedsOf = (...labels: string[]) => plansOf(...labels).map(({ label, seed }) => `${label} ${seed}`);
    expect(seedsOf('rain', 'dog').sort()).toEqual(seedsOf('dog', 'rain').sort());
    expect(new Set(plansOf('dog', 'rain', 'dog').map(({ seed }) => seed)).size).toBe(3);
  });

  it.each([
    [{ ...tracks({ label: 'a' }), label: 'b' }, 'label belongs to a single label'],
    [{ ...tracks({ label: 'a' }), prompt: 'b' }, 'prompt belongs to a single label'],
    [{ ...tracks({ label: 'a' }), timing: 'b.json' }, 'timing belongs to a single label'],
    [tracks(), 'tracks must be a list of 1 to 16 tracks, got []'],
    [tracks(...Array(17).fill({ label: 'a' })), 'tracks must be a list of 1 to 16 tracks'],
    [tracks({ gain: 1 }), 'tracks[0].label is missing'],
    [
      tracks({ label: 'a' }, { label: 'b', gain: 25 }),
      'tracks[1].gain must be a number from -60 to 24 dB, got 25',
    ],
    [tracks({ label: 'a', pan: -1.5 }), 'tracks[0].pan must be a number from -1 to 1, got -1.5'],
    [tracks({ label: 'a', gian: 1 }), 'unknown request field "tracks[0].gian"'],
    [tracks({ label: 'a', timing: { spans: 3 } }), 'tracks[0].timing.spans: Invalid input'],
    [
      tracks({ label: 'a', timing: { spans: [{ startSeconds: 2, endSeconds: 1 }] } }),
      'tracks[0].timing.spans[0].endSeconds must come after startSeconds',
    ],
    [[], 'request must be an object with fields, got []'],
    [null, 'request must be an object with fields, got null'],
  ])('%j: %s', (input, message) => {
    expect(() => parseRequest(input)).toThrow(message);
  });
});

describe('how strongly frames are followed', () => {
  const defaults: ModelDefaults = { ...small.defaults, visionGuidance: 1, frameScale: 0.8 };
  const settled = (more: object, ofModel = defaults) => {
    const { visionGuidance, frameScale } = withModelDefaults(
      resolved(parseRequest({ ...least, ...more })),
      ofModel,
    );
    return { visionGuidance, frameScale };
  };
  const resolved = (request: ReturnType<typeof parseRequest>): ResolvedRequest => ({
    ...request,
    seed: 1,
    timing: null,
    tracks: request.tracks?.map((track) => ({ ...track, timing: null })) ?? null,
  });
  const asTheModelSays = { visionGuidance: 1, frameScale: 0.8 };
  /** Guided as the text is, and weighted half as much again. */
  const asFarAsThePromptSaysLess = { visionGuidance: null, frameScale: 0.8 * 1.5 };

  it('is what the model says, and more where a prompt names only a kind', () => {
    expect(settled({ label: 'animal' })).toEqual(asTheModelSays); // which the picture sharpens
    expect(settled({ label: 'dog barking', prompt: 'an animal' })).toEqual(asFarAsThePromptSaysLess);
    const tracks = [{ label: 'dog barking' }, { label: 'train', prompt: 'vehicle' }];
    expect(settled({ label: null, tracks })).toEqual(asFarAsThePromptSaysLess);
  });

  it('is what published models were published with', () => {
    const published = { visionGuidance: null, frameScale: 1 };
    const prompt = { label: 'dog barking', prompt: 'an animal' };
    expect(settled(prompt, { ...defaults, ...published })).toEqual(published);
  });

  it('is what is asked for first', () => {
    const asked = { visionGuidance: 1, frameScale: 1 };
    expect(settled({ label: 'dog barking', prompt: 'an animal', ...asked })).toEqual(asked);
  });
});
