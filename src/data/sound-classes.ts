/** @file The classes of sound, and which of them a recording belongs to. */
import { FoleyError } from '../errors/foley-error.js';
import type { ManifestRow } from './manifest.js';
import type { SoundClass, SoundKind } from './sound-class.js';
import { SOUND_CLASS_TABLE } from './sound-class-table.js';

export const SOUND_CLASSES: readonly SoundClass[] = SOUND_CLASS_TABLE;

/** The class of that id. @throws FoleyError `usage` for an id that is not in the table */
export function soundClass(id: string): SoundClass {
  const found = SOUND_CLASSES.find((entry) => entry.id === id);
  if (found === undefined) {
    throw new FoleyError('usage', `sound class "${id}" is not known`, {
      hint: `Known classes: ${SOUND_CLASSES.map((entry) => entry.id).join(', ')}.`,
    });
  }
  return found;
}

/**
 * The class of a recording. Entries that name finer labels are asked first, so that "siren" leaves "siren or horn".
 * @throws FoleyError `input-rejected` for a label that no class merges
 */
export function classOfRow(row: Pick<ManifestRow, 'label' | 'fineLabel' | 'file'>): SoundClass {
  const ofLabel = SOUND_CLASSES.filter((entry) => entry.manifestLabels.includes(row.label));
  const found =
    ofLabel.find((entry) => entry.onlyFine?.includes(row.fineLabel) === true) ??
    ofLabel.find((entry) => entry.onlyFine === undefined);
  if (found === undefined) {
    throw new FoleyError('input-rejected', `${row.file}: label "${row.label}" belongs to no sound class`, {
      hint: 'Add the label to src/data/sound-class-table.ts.',
    });
  }
  return found;
}

/** How a recording behaves in time: its finer label's kind where one is given, else its class's. */
export function kindOfRow(row: Pick<ManifestRow, 'label' | 'fineLabel' | 'file'>): SoundKind {
  const entry = classOfRow(row);
  return entry.fine[row.fineLabel]?.kind ?? entry.kind;
}

/** Every phrase a recording may be captioned with: its finer label's where there are some, and its class's. */
export function phrasesOfRow(row: Pick<ManifestRow, 'label' | 'fineLabel' | 'file'>): {
  readonly specific: readonly string[];
  readonly general: readonly string[];
} {
  const entry = classOfRow(row);
  return { specific: entry.fine[row.fineLabel]?.phrases ?? [], general: entry.phrases };
}

/** Every single-sound caption there is, each once: a training run may embed them all beforehand. */
export function allPhrases(): string[] {
  const phrases = SOUND_CLASSES.flatMap((entry) => [
    ...entry.phrases,
    ...Object.values(entry.fine).flatMap((rule) => rule.phrases),
  ]);
  return [...new Set(phrases)];
}
