/** @file The classes of sound: which manifest labels they merge, how they behave in time, and the words a caption has for them. */
import { FoleyError } from '../errors/foley-error.js';
import type { ManifestRow } from './manifest.js';
import { SOUND_CLASS_TABLE } from './sound-class-table.js';

/**
 * How a sound behaves in time: `sustained` textures can be looped, `rhythmic` ones repeat at a pace, `one-shot` ones are
 * events with silence between.
 */
export type SoundKind = 'sustained' | 'rhythmic' | 'one-shot';

/** What a finer label inside a class changes. */
export interface FineLabelRule {
  readonly phrases: readonly string[];
  readonly kind?: SoundKind;
}

export interface SoundClass {
  /** Stable name, used in files and scores. */
  readonly id: string;
  readonly kind: SoundKind;
  /** The manifest labels merged into the class; where `onlyFine` is given, only their rows of these finer labels. */
  readonly manifestLabels: readonly string[];
  readonly onlyFine?: readonly string[];
  /** Caption phrases; the first is the label shown to people, and what a prompt is most likely to say. */
  readonly phrases: readonly string[];
  readonly fine: Readonly<Record<string, FineLabelRule>>;
}

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
