/** @file Source recordings in memory, decoded to 16 kHz, with what mixing needs to know of each. */
import type { TimeSpan } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';
import { filterManifest, type ManifestFilter, type ManifestRow } from './manifest.js';
import { activeSpans, levelEnvelope } from './sound-activity.js';
import type { SoundClass, SoundKind } from './sound-class.js';
import { classOfRow, kindOfRow } from './sound-classes.js';

/** The one rate of the library: that of the models' mel. */
export const librarySampleRateHz = 16000;

/** One decoded recording. */
export interface LibrarySound {
  readonly row: ManifestRow;
  readonly soundClass: SoundClass;
  readonly kind: SoundKind;
  /** 16-bit samples at 16 kHz; times `scale` they are the wave in -1..1. */
  readonly samples: Int16Array;
  readonly scale: number;
  /** Stretches that sound, in seconds. */
  readonly events: readonly TimeSpan[];
  /** RMS over the events, linear. */
  readonly activeRms: number;
}

export interface SoundLibrary {
  readonly sounds: readonly LibrarySound[];
}

/** What is measured once per recording and stored beside its samples. */
export type SoundMeasures = Pick<LibrarySound, 'scale' | 'activeRms' | 'events'>;

/** Quantises a mono wave to 16 bits with a scale of its own, so that quiet recordings keep their resolution. */
export function quantise(wave: Float32Array): { readonly samples: Int16Array; readonly scale: number } {
  const peak = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = peak === 0 ? 1 : peak / 32767;
  return { samples: Int16Array.from(wave, (value) => Math.round(value / scale)), scale };
}

/** Where a recording sounds and how loud it is there. */
export function measureSound(wave: Float32Array): Pick<SoundMeasures, 'events' | 'activeRms'> {
  const events = activeSpans(levelEnvelope(wave, librarySampleRateHz), { minOffSeconds: 0.2 });
  let energy = 0;
  let count = 0;
  for (const { startSeconds, endSeconds } of events) {
    const end = Math.min(wave.length, Math.round(endSeconds * librarySampleRateHz));
    for (let index = Math.round(startSeconds * librarySampleRateHz); index < end; index++) {
      energy += wave[index]! ** 2;
      count++;
    }
  }
  return { events, activeRms: count === 0 ? 0 : Math.sqrt(energy / count) };
}

/** A library entry from a row, its samples and its measures. */
export function librarySound(row: ManifestRow, samples: Int16Array, measures: SoundMeasures): LibrarySound {
  return { row, soundClass: classOfRow(row), kind: kindOfRow(row), samples, ...measures };
}

/**
 * The part of a library that a filter (licence tiers, split) lets through; recordings that are silent are left out.
 * @throws FoleyError `input-rejected` when nothing is left
 */
export function filterLibrary(
  library: SoundLibrary,
  filter: ManifestFilter & { classIds?: readonly string[] },
): SoundLibrary {
  const rows = new Set(
    filterManifest(
      library.sounds.map((sound) => sound.row),
      filter,
    ).map((row) => row.file),
  );
  const sounds = library.sounds.filter(
    (sound) =>
      rows.has(sound.row.file) &&
      sound.events.length > 0 &&
      (filter.classIds === undefined || filter.classIds.includes(sound.soundClass.id)),
  );
  if (sounds.length === 0) {
    throw new FoleyError(
      'input-rejected',
      'no recording is left after filtering by licence, split and class',
      {
        hint: 'Check the split and the class names against the manifest.',
      },
    );
  }
  return { sounds };
}

/** Reads the wave of a stretch at a playing speed, with cubic (Catmull-Rom) interpolation; silence outside the recording. */
export function readSound(
  sound: LibrarySound,
  startSamples: number,
  count: number,
  speed: number,
): Float32Array {
  const { samples, scale } = sound;
  const out = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    const position = startSamples + index * speed;
    const base = Math.floor(position);
    const t = position - base;
    const b = samples[base] ?? 0;
    if (t === 0) {
      out[index] = b * scale;
      continue;
    }
    const a = samples[base - 1] ?? 0;
    const c = samples[base + 1] ?? 0;
    const d = samples[base + 2] ?? 0;
    out[index] =
      scale * (b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))));
  }
  return out;
}
