import { describe, expect, it } from 'vitest';
import { FoleyError } from '../../src/errors/foley-error.js';
import { foleyRequestSchema, parseRequest } from '../../src/foley/request.js';
import { fieldGroups, requestFields } from '../../src/foley/request-fields.js';
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

  it('needs a video and a label; all else has a default', () => {
    expect(fields.filter((field) => field.isRequired).map((field) => field.name)).toEqual(['video', 'label']);
    const request = parseRequest(least);
    for (const field of fields)
      if (!field.isRequired) expect(request).toHaveProperty(field.name, field.defaultValue);
  });

  it.each(fields.map((field) => [field.name, field] as const))(
    'takes another %s, and only within its range',
    (name, field) => {
      const variant = variants[name as keyof typeof variants];
      expect(variant.value).not.toEqual(field.defaultValue);
      expect(parseRequest({ ...least, ...variant.beside, [name]: variant.value })).toHaveProperty(
        name,
        variant.value,
      );
      const wrong: unknown[] = [{}, []];
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
    [{ ...least, steps: 0 }, 'steps must be a whole number from 1 to 500, got 0'],
    [{ ...least, duration: 0 }, 'duration must be a number above 0 up to 3600 seconds, or "all", got 0'],
    [{ ...least, stpes: 1 }, 'unknown request field "stpes"'],
    [{ label: 'dog' }, 'video is missing'],
    [{ ...least, originalGain: 3 }, 'originalGain only acts with original mix'],
  ])('%j: %s', (input, message) => {
    expect(() => parseRequest(input)).toThrow(message);
  });
});
