/** @file Adds synthesised sounds to a library, marked as such, with splits of their own. */
import type { ManifestRow, Split } from './manifest.js';
import { seededRandom } from './seeded-random.js';
import { soundClass } from './sound-classes.js';
import {
  librarySampleRateHz,
  librarySound,
  measureSound,
  quantise,
  type SoundLibrary,
} from './sound-library.js';
import { synthesisers } from './synthesis.js';

/** What the source column says of a synthesised sound; `DATA.md` lists them under this name. */
export const syntheticSource = 'smooth-foley synthesis';

export interface SyntheticOptions {
  readonly perClass: Readonly<Record<'train' | 'val', number>>;
}

/** A library with synthesised sounds added: always the same ones. They are ours, hence tier A. */
export function withSyntheticSounds(
  library: SoundLibrary,
  options: SyntheticOptions = { perClass: { train: 10, val: 3 } },
): SoundLibrary {
  const splits: Split[] = ['train', 'val'];
  const added = Object.entries(synthesisers).flatMap(([classId, synthesise]) =>
    splits.flatMap((split) =>
      Array.from({ length: options.perClass[split as 'train' | 'val'] }, (_, index) => {
        const name = `${classId}-${split}-${index + 1}`;
        const wave = synthesise(seededRandom(`synthetic/${name}`));
        const { samples, scale } = quantise(wave);
        const measured = measureSound(wave);
        const label = soundClass(classId).manifestLabels[0]!;
        const seconds = wave.length / librarySampleRateHz;
        const row: ManifestRow = {
          file: `synthetic/${name}`,
          label,
          // The finer label that leads to the class where its manifest label is shared ("siren or horn").
          fineLabel: soundClass(classId).onlyFine?.[1] ?? label,
          licenceTier: 'A',
          source: syntheticSource,
          version: '1',
          pathInSource: `synthesis.ts ${classId}`,
          durationSeconds: seconds,
          activeSeconds: measured.events.reduce(
            (sum, event) => sum + event.endSeconds - event.startSeconds,
            0,
          ),
          sourceRateHz: librarySampleRateHz,
          bandwidth99Hz: null,
          rmsDbfs: null,
          sourceGroup: `synthetic:${name}`,
          split,
          attribution: '',
        };
        return librarySound(row, samples, { scale, ...measured });
      }),
    ),
  );
  return { sounds: [...library.sounds, ...added] };
}
