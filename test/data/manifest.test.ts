import { describe, expect, it } from 'vitest';
import { filterManifest, MANIFEST_COLUMNS, parseManifest } from '../../src/data/manifest.js';
import { FoleyError } from '../../src/errors/foley-error.js';

const header = MANIFEST_COLUMNS.join('\t');
const values = {
  file: 'dog-bark/dog-bark-001.ogg',
  label: 'dog bark',
  fine_label: 'puppy bark',
  licence_tier: 'A',
  source: 'some-package',
  version: '1.0',
  path_in_source: 'a/b.wav',
  seconds: '2.50',
  active_seconds: '1.25',
  source_rate_hz: '44100',
  bandwidth99_hz: '7000',
  rms_dbfs: '-20.5',
  source_group: 'some-package:b',
  split: 'train',
  attribution: '',
};
const line = (changes: Partial<Record<keyof typeof values, string>> = {}): string =>
  Object.values({ ...values, ...changes }).join('\t');

function faultOf(text: string): FoleyError {
  try {
    parseManifest(text, 'manifest.tsv');
  } catch (thrown) {
    if (thrown instanceof FoleyError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('parseManifest', () => {
  it('reads every column', () => {
    expect(parseManifest(`${header}\n${line()}\n`, 'manifest.tsv')).toEqual([
      {
        file: 'dog-bark/dog-bark-001.ogg',
        label: 'dog bark',
        fineLabel: 'puppy bark',
        licenceTier: 'A',
        source: 'some-package',
        version: '1.0',
        pathInSource: 'a/b.wav',
        durationSeconds: 2.5,
        activeSeconds: 1.25,
        sourceRateHz: 44100,
        bandwidth99Hz: 7000,
        rmsDbfs: -20.5,
        sourceGroup: 'some-package:b',
        split: 'train',
        attribution: '',
      },
    ]);
  });

  it('takes a level and a bandwidth that were not measured as null', () => {
    const [row] = parseManifest(`${header}\n${line({ bandwidth99_hz: '', rms_dbfs: '' })}`, 'manifest.tsv');
    expect([row?.bandwidth99Hz, row?.rmsDbfs]).toEqual([null, null]);
  });

  it.each([
    ['a number that is none', { seconds: 'long' }, 'line 3, column "seconds"'],
    ['a negative duration', { active_seconds: '-1' }, 'line 3, column "active_seconds"'],
    ['an unknown tier', { licence_tier: 'D' }, 'line 3, column "licence_tier"'],
    ['an unknown split', { split: 'dev' }, 'line 3, column "split"'],
    ['an empty label', { label: ' ' }, 'line 3, column "label"'],
    ['a path that leaves the folder', { file: 'x/../../y.ogg' }, 'line 3, column "file"'],
    ['a file listed twice', { file: values.file }, 'line 3, column "file"'],
    ['a group in two splits', { split: 'val' }, 'line 3, column "split"'],
  ])('refuses %s, naming line and column', (_, changes, where) => {
    const fault = faultOf(`${header}\n${line()}\n${line({ file: 'other.ogg', ...changes })}\n`);
    expect(fault.code).toBe('input-rejected');
    expect(fault.message).toContain(`manifest.tsv, ${where}`);
  });

  it('refuses a missing field, a missing column and an unknown one', () => {
    expect(faultOf(`${header}\n${line().slice(0, -1)}`).message).toContain('line 2, column "attribution"');
    expect(faultOf(`${header.replace('label\t', '')}\n`).message).toContain('line 1, column "label"');
    expect(faultOf(`${header}\tnote\n`).message).toContain('line 1, column "note"');
    expect(faultOf('').message).toContain('line 1, column "file"');
  });
});

describe('filterManifest', () => {
  const rows = parseManifest(
    [
      header,
      line({ file: 'a' }),
      line({ file: 'b', licence_tier: 'B', split: 'val', source_group: 'g2' }),
      line({ file: 'c', licence_tier: 'C', source_group: 'g3' }),
    ].join('\n'),
    'manifest.tsv',
  );

  it('keeps tiers A and B unless told', () => {
    expect(filterManifest(rows).map((row) => row.file)).toEqual(['a', 'b']);
    expect(filterManifest(rows, { tiers: ['C'] }).map((row) => row.file)).toEqual(['c']);
  });

  it('keeps one split', () => {
    expect(filterManifest(rows, { split: 'val' }).map((row) => row.file)).toEqual(['b']);
  });
});
