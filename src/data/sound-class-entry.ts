/** @file The short notation in which the tables of sound classes are written. */
import type { FineLabelRule, SoundClass, SoundKind } from './sound-class.js';

type More = Pick<SoundClass, 'onlyFine'> & { readonly fine?: Readonly<Record<string, FineLabelRule>> };

/** One class; labels may be a single one. */
export function entry(
  id: string,
  kind: SoundKind,
  labels: string | readonly string[],
  phrases: readonly string[],
  more: More = {},
): SoundClass {
  const { fine = {}, ...rest } = more;
  return { id, kind, manifestLabels: typeof labels === 'string' ? [labels] : labels, phrases, fine, ...rest };
}

/** One rule for each "finer label: phrase; phrase" line, all of one kind. */
export function fine(
  kind: SoundKind | null,
  phrasesOf: Readonly<Record<string, string>>,
): Record<string, FineLabelRule> {
  const rule = (text: string): FineLabelRule => ({
    phrases: text.split('; '),
    ...(kind === null ? {} : { kind }),
  });
  return Object.fromEntries(Object.entries(phrasesOf).map(([label, text]) => [label, rule(text)]));
}
