/** @file What a class of sound is: the manifest labels it merges, how it behaves in time, the words a caption has for it. */

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
