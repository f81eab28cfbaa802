/** @file Seeded training clips mixed on the fly from single recordings, with captions and the truth of when each sounds. */
import { z } from 'zod';
import type { TimeSpan } from '../conditions/timeline.js';
import { joinPhrases, labelOf, phraseOf } from './captions.js';
import { placeSounds } from './placement.js';
import { type SeededRandom, seededRandom } from './seeded-random.js';
import { activeSpans, levelEnvelope, mergeSpans, onsetTimes } from './sound-activity.js';
import { filterLibrary, type LibrarySound, librarySampleRateHz, type SoundLibrary } from './sound-library.js';
import { applySwell, drawSwell, type Swell } from './swell.js';
import { syntheticSource } from './synthetic-library.js';
import { addRoom, tiltSpectrum } from './wave-shaping.js';

export const mixtureOptions = z.strictObject({
  durationSeconds: z.number().positive().max(600).default(10.24),
  split: z.enum(['train', 'val', 'test']).default('train'),
  /** Only these classes (ids); all unless given. */
  classIds: z.array(z.string()).optional(),
  /** Shares of clips with one, two and three sounds. */
  soundCountWeights: z
    .tuple([z.number().min(0), z.number().min(0), z.number().min(0)])
    .default([0.75, 0.2, 0.05]),
  /** Share of clips in a synthetic room. */
  roomProbability: z.number().min(0).max(1).default(0.2),
  /** Share of clips with one sound whose level rises and falls as if it passed. */
  swellProbability: z.number().min(0).max(1).default(0),
  /** How class shares follow the amount of sound: 0 = all classes alike, 1 = by seconds. */
  balanceExponent: z.number().min(0).max(1).default(0.35),
});
export type MixtureOptions = z.infer<typeof mixtureOptions>;

/** One sound of a clip. Times are seconds in the clip, from the level of the sound itself before mixing. */
export interface MixtureTrack {
  readonly classId: string;
  readonly label: string;
  readonly phrase: string;
  readonly files: readonly string[];
  /** RMS of the sounding stretches re full scale, before the clip's peak is limited. */
  readonly levelDbfs: number;
  readonly spans: readonly TimeSpan[];
  readonly onsetsSeconds: readonly number[];
  /** How its level moves; null for a source that stands still. */
  readonly swell: Swell | null;
}

export interface Mixture {
  readonly sampleRateHz: number;
  /** [durationSeconds * 16000], within -1..1 */
  readonly samples: Float32Array;
  readonly caption: string;
  /** The labels, joined by " and ". */
  readonly label: string;
  readonly tracks: readonly MixtureTrack[];
  /** When anything sounds. */
  readonly spans: readonly TimeSpan[];
  readonly onsetsSeconds: readonly number[];
}

/** Draws clips; the same seed gives the same clip. */
export interface MixtureSampler {
  draw(seed: string | number): Mixture;
}

/** A recording group of one class, and how likely it is drawn. */
interface Group {
  readonly sounds: readonly LibrarySound[];
  readonly weight: number;
}

/**
 * A sampler over the recordings of one split and licence tiers A and B.
 * @throws FoleyError `input-rejected` when no recording is left
 */
export function createMixtureSampler(
  library: SoundLibrary,
  options: Partial<MixtureOptions> = {},
): MixtureSampler {
  const settings = mixtureOptions.parse(options);
  const { sounds } = filterLibrary(library, {
    split: settings.split,
    ...(settings.classIds === undefined ? {} : { classIds: settings.classIds }),
  });
  const classes = groupBy(sounds, (sound) => sound.soundClass.id).map((ofClass) => {
    const groups = weighGroups(groupBy(ofClass, (sound) => sound.row.sourceGroup));
    const seconds = ofClass.reduce((sum, sound) => sum + Math.min(sound.row.activeSeconds, 20), 0);
    return { groups, weight: Math.max(seconds, 4) ** settings.balanceExponent };
  });
  const classWeights = classes.map((entry) => entry.weight);

  const drawTakes = (random: SeededRandom): LibrarySound[] => {
    const { groups } = random.pickWeighted(classes, classWeights);
    const group = random.pickWeighted(
      groups,
      groups.map((entry) => entry.weight),
    );
    const main = random.pick(group.sounds);
    const others = group.sounds.filter(
      (sound) => sound !== main && sound.row.fineLabel === main.row.fineLabel,
    );
    return [main, ...others.slice(0, random.integer(0, 7))];
  };

  return {
    draw(seed) {
      const random = seededRandom(`mixture/${settings.split}/${seed}`);
      const count = random.pickWeighted([1, 2, 3], settings.soundCountWeights);
      const length = Math.round(settings.durationSeconds * librarySampleRateHz);
      const inRoom = random.chance(settings.roomProbability);
      const samples = new Float32Array(length);
      const tracks: MixtureTrack[] = [];
      for (let attempt = 0; tracks.length < count && attempt < 40; attempt++) {
        const part = random.fork(`track${attempt}`);
        const takes = drawTakes(part);
        const { soundClass } = takes[0]!;
        if (tracks.some((track) => track.classId === soundClass.id)) continue;
        const levelDbfs = -22 + part.uniform(-4, 4) - (tracks.length === 0 ? 0 : part.uniform(0, 8));
        const wave = placeSounds(takes, length, part);
        tiltSpectrum(wave, part.uniform(-3, 3));
        if (inRoom) addRoom(wave, random.fork('room'));
        const swells = count === 1 && settings.swellProbability > 0 && part.chance(settings.swellProbability);
        const swell = swells ? drawSwell(part.fork('swell'), settings.durationSeconds) : null;
        if (swell !== null) applySwell(wave, swell, librarySampleRateHz);
        const gain = 10 ** (levelDbfs / 20);
        for (let index = 0; index < length; index++) wave[index]! *= gain;
        const envelope = levelEnvelope(wave, librarySampleRateHz);
        const spans = activeSpans(envelope);
        if (spans.length === 0) continue; // an event that began in the clip's last instant
        for (let index = 0; index < length; index++) samples[index]! += wave[index]!;
        tracks.push({
          classId: soundClass.id,
          label: labelOf(soundClass),
          phrase: phraseOf(takes[0]!.row, part),
          files: takes.map((take) => take.row.file),
          levelDbfs,
          spans,
          onsetsSeconds: onsetTimes(envelope, spans),
          swell,
        });
      }
      limitPeak(samples);
      return {
        sampleRateHz: librarySampleRateHz,
        samples,
        caption: joinPhrases(
          tracks.map((track) => track.phrase),
          random.fork('caption'),
        ),
        label: tracks.map((track) => track.label).join(' and '),
        tracks,
        spans: mergeSpans(tracks.map((track) => track.spans)),
        onsetsSeconds: tracks.flatMap((track) => track.onsetsSeconds).sort((a, b) => a - b),
      };
    },
  };
}

/** Groups by the root of their number of takes; synthesised ones share half the weight that the recordings have. */
function weighGroups(groups: readonly (readonly LibrarySound[])[]): Group[] {
  const isSynthetic = (group: readonly LibrarySound[]): boolean => group[0]!.row.source === syntheticSource;
  const recorded = groups
    .filter((group) => !isSynthetic(group))
    .reduce((sum, group) => sum + Math.sqrt(group.length), 0);
  const synthetic = groups.filter(isSynthetic).length;
  const share = recorded === 0 ? 1 : (0.5 * recorded) / synthetic;
  return groups.map((group) => ({
    sounds: group,
    weight: isSynthetic(group) ? share : Math.sqrt(group.length),
  }));
}

/** Items with the same key together, in the order in which the keys appear. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** Turns a clip down in place where its peak would pass 0.98. */
export function limitPeak(samples: Float32Array): void {
  let peak = 0;
  for (let index = 0; index < samples.length; index++) peak = Math.max(peak, Math.abs(samples[index]!));
  if (peak <= 0.98) return;
  const gain = 0.98 / peak;
  for (let index = 0; index < samples.length; index++) samples[index]! *= gain;
}
