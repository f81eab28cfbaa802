/** @file Reads the sound manifest (tab-separated, one recording a line) strictly, and filters it by licence and split. */
import { FoleyError } from '../errors/foley-error.js';

/** Licence tier: A = CC0, public domain, CC-BY, MIT, Apache; B = CC-BY-SA, Free Art; C = anything stricter. */
export type LicenceTier = 'A' | 'B' | 'C';
export type Split = 'train' | 'val' | 'test';

/** One recording, with the column names of the file in camel case. */
export interface ManifestRow {
  /** Path of the sound, relative to the folder of the manifest. */
  readonly file: string;
  readonly label: string;
  readonly fineLabel: string;
  readonly licenceTier: LicenceTier;
  readonly source: string;
  readonly version: string;
  readonly pathInSource: string;
  readonly durationSeconds: number;
  readonly activeSeconds: number;
  readonly sourceRateHz: number;
  /** Below it lies 99 % of the energy; null where it was not measured. */
  readonly bandwidth99Hz: number | null;
  /** Null where it was not measured. */
  readonly rmsDbfs: number | null;
  /** Takes of one recording share a group; a group never crosses splits. */
  readonly sourceGroup: string;
  readonly split: Split;
  readonly attribution: string;
}

/** The columns, in the order in which the file must have them. */
export const MANIFEST_COLUMNS = [
  'file',
  'label',
  'fine_label',
  'licence_tier',
  'source',
  'version',
  'path_in_source',
  'seconds',
  'active_seconds',
  'source_rate_hz',
  'bandwidth99_hz',
  'rms_dbfs',
  'source_group',
  'split',
  'attribution',
] as const;
type Column = (typeof MANIFEST_COLUMNS)[number];

/**
 * Parses a manifest.
 * @param name what to call the file in an error
 * @throws FoleyError `input-rejected`, naming line and column, on anything that is not exactly the expected table
 */
export function parseManifest(text: string, name: string): ManifestRow[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const header = (lines[0] ?? '').split('\t');
  MANIFEST_COLUMNS.forEach((column, index) => {
    if (header[index] !== column)
      throw rejected(name, 1, column, `column ${index + 1} is "${header[index] ?? ''}"`);
  });
  if (header.length > MANIFEST_COLUMNS.length) {
    throw rejected(name, 1, header[MANIFEST_COLUMNS.length]!, 'this column is not known');
  }
  const rows = lines.slice(1).map((line, index) => parseRow(line, name, index + 2));
  assertConsistent(rows, name);
  return rows;
}

function parseRow(line: string, name: string, lineNumber: number): ManifestRow {
  const fields = line.split('\t');
  if (fields.length !== MANIFEST_COLUMNS.length) {
    const column = MANIFEST_COLUMNS[Math.min(fields.length, MANIFEST_COLUMNS.length - 1)]!;
    throw rejected(
      name,
      lineNumber,
      column,
      `${fields.length} fields where ${MANIFEST_COLUMNS.length} are expected`,
    );
  }
  const at = (column: Column): string => fields[MANIFEST_COLUMNS.indexOf(column)]!;
  const text = (column: Column): string => {
    if (at(column).trim() === '') throw rejected(name, lineNumber, column, 'empty');
    return at(column);
  };
  const number = (column: Column, minimum: number): number => {
    const value = Number(text(column));
    if (!Number.isFinite(value) || value < minimum) {
      throw rejected(name, lineNumber, column, `"${at(column)}" is not a number of at least ${minimum}`);
    }
    return value;
  };
  const measured = (column: Column, minimum: number): number | null =>
    at(column).trim() === '' ? null : number(column, minimum);
  const oneOf = <T extends string>(column: Column, allowed: readonly T[]): T => {
    const found = allowed.find((value) => value === at(column));
    if (found === undefined) {
      throw rejected(name, lineNumber, column, `"${at(column)}" is none of ${allowed.join(', ')}`);
    }
    return found;
  };
  const file = text('file');
  if (file.startsWith('/') || file.split(/[/\\]/).includes('..')) {
    throw rejected(name, lineNumber, 'file', `"${file}" leaves the folder of the manifest`);
  }
  return {
    file,
    label: text('label'),
    fineLabel: text('fine_label'),
    licenceTier: oneOf('licence_tier', ['A', 'B', 'C']),
    source: text('source'),
    version: at('version'),
    pathInSource: text('path_in_source'),
    durationSeconds: number('seconds', 0),
    activeSeconds: number('active_seconds', 0),
    sourceRateHz: number('source_rate_hz', 1),
    bandwidth99Hz: measured('bandwidth99_hz', 0),
    rmsDbfs: measured('rms_dbfs', -200),
    sourceGroup: text('source_group'),
    split: oneOf('split', ['train', 'val', 'test']),
    attribution: at('attribution'),
  };
}

/** A file is listed once, and a group of takes lies in one split: otherwise training would hear what it is judged on. */
function assertConsistent(rows: readonly ManifestRow[], name: string): void {
  const files = new Set<string>();
  const splitOfGroup = new Map<string, Split>();
  rows.forEach((row, index) => {
    if (files.has(row.file)) throw rejected(name, index + 2, 'file', `"${row.file}" is listed twice`);
    files.add(row.file);
    const split = splitOfGroup.get(row.sourceGroup);
    if (split !== undefined && split !== row.split) {
      throw rejected(
        name,
        index + 2,
        'split',
        `group "${row.sourceGroup}" is in both ${split} and ${row.split}`,
      );
    }
    splitOfGroup.set(row.sourceGroup, row.split);
  });
}

function rejected(name: string, line: number, column: string, what: string): FoleyError {
  return new FoleyError('input-rejected', `${name}, line ${line}, column "${column}": ${what}`, {
    hint: `The file must be tab-separated with the columns ${MANIFEST_COLUMNS.join(', ')}.`,
  });
}

export interface ManifestFilter {
  /** Tiers to keep; A and B unless told, because the weights are published as CC-BY-SA-4.0. */
  readonly tiers?: readonly LicenceTier[];
  readonly split?: Split;
}

/** The rows of the given tiers (A and B unless told) and split (all unless told), in file order. */
export function filterManifest(rows: readonly ManifestRow[], filter: ManifestFilter = {}): ManifestRow[] {
  const tiers = filter.tiers ?? ['A', 'B'];
  return rows.filter(
    (row) => tiers.includes(row.licenceTier) && (filter.split === undefined || row.split === filter.split),
  );
}
