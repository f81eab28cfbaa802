/** @file The true sound of a scene: the dry source, what a listener at the camera hears of it, and the facts of when and how loud. */
import type { TimeSpan } from '../conditions/timeline.js';
import { FoleyError } from '../errors/foley-error.js';
import { type AcousticTruth, type DrySource, hearMovingSource, speedOfSound } from './acoustics.js';
import type { Scene } from './scene.js';
import { seededRandom } from './seeded-random.js';
import { activeSpans, levelEnvelope } from './sound-activity.js';
import {
  type LibrarySound,
  librarySampleRateHz as rate,
  readSound,
  type SoundLibrary,
} from './sound-library.js';
import { distanceBetween, positionAt, type Trajectory } from './trajectory.js';
import { visibleSpans } from './visibility.js';
import { fadeEnds, loopSound } from './wave-shaping.js';

/** The source exists this long before the clip, since its sound travels: enough for 1 km. */
const beforeSeconds = 3;
/** Length of the fades where an object leaves the picture and its sound with it. */
const edgeFadeSeconds = 0.12;

export interface SceneTruth extends AcousticTruth {
  /** When the wave sounds, by a gate on its level; empty for a silent object. */
  readonly spans: readonly TimeSpan[];
  /** When each event is heard; for a texture, when each stretch begins. */
  readonly onsetsSeconds: readonly number[];
  readonly visibleSpans: readonly TimeSpan[];
}

export interface SceneWave {
  readonly sampleRateHz: number;
  /** What the model learns. [durationSeconds * 16000] */
  readonly mono: Float32Array;
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly truth: SceneTruth;
}

/** @throws FoleyError `input-missing` when the library lacks a recording that the scene names */
export function soundOfScene(scene: Scene, library: SoundLibrary): SceneWave {
  const takes = scene.sound.files.map((file) => {
    const found = library.sounds.find((sound) => sound.row.file === file);
    if (found === undefined)
      throw new FoleyError('input-missing', `scene ${scene.id}: no recording "${file}"`);
    return found;
  });
  const { sound, camera, durationSeconds } = scene;
  const listener = { x: 0, y: camera.heightMetres, z: 0 };
  const trajectory = soundingTrajectory(scene);
  const heard = hearMovingSource(drySource(scene, takes), trajectory, Math.round(durationSeconds * rate), {
    sampleRateHz: rate,
    listener,
    sourceHeightMetres: sound.sourceHeightMetres,
    referenceMetres: sound.referenceMetres,
    groundReflection: sound.groundReflection,
  });
  const seen = seenSpans(scene);
  const audible = sound.presence === 'visible' ? seen : [{ startSeconds: 0, endSeconds: durationSeconds }];
  const gain = sound.presence === 'silent' ? 0 : 10 ** (sound.levelDbfs / 20);
  const waves = [heard.mono, heard.left, heard.right];
  for (const wave of waves) {
    gate(wave, audible, durationSeconds);
    for (let index = 0; index < wave.length; index++) wave[index]! *= gain;
  }
  limitPeaks(waves);
  const spans = activeSpans(levelEnvelope(heard.mono, rate));
  const arrivals = (sound.events ?? []).map((event) => {
    const at = positionAt(trajectory, event.timeSeconds);
    return (
      event.timeSeconds +
      distanceBetween({ ...at, y: at.y + sound.sourceHeightMetres }, listener) / speedOfSound
    );
  });
  const isAudible = (time: number): boolean =>
    spans.some((span) => time >= span.startSeconds - 0.03 && time < span.endSeconds);
  return {
    sampleRateHz: rate,
    mono: heard.mono,
    left: heard.left,
    right: heard.right,
    truth: {
      ...heard.truth,
      spans,
      onsetsSeconds: sound.events === null ? beginnings(spans) : arrivals.filter(isAudible),
      visibleSpans: seen,
    },
  };
}

/** The starts of spans; one at the very start of the clip has begun before it. */
function beginnings(spans: readonly TimeSpan[]): number[] {
  return spans.map((span) => span.startSeconds).filter((time) => time > 0.05);
}

/** Turns all waves down alike, in place, where one of them would pass 0.98. */
function limitPeaks(waves: readonly Float32Array[]): void {
  let peak = 0;
  for (const wave of waves) for (const value of wave) peak = Math.max(peak, Math.abs(value));
  if (peak <= 0.98) return;
  for (const wave of waves) for (let index = 0; index < wave.length; index++) wave[index]! *= 0.98 / peak;
}

/** The path of the sounding object; the sound of a place stands still at its reference distance. */
export function soundingTrajectory(scene: Pick<Scene, 'objects' | 'sound'>): Trajectory {
  const { objectIndex, referenceMetres } = scene.sound;
  const object = objectIndex === null ? undefined : scene.objects[objectIndex];
  return object?.trajectory ?? { type: 'still', at: { x: 0, y: 0, z: referenceMetres } };
}

function seenSpans(scene: Scene): TimeSpan[] {
  const object = scene.sound.objectIndex === null ? undefined : scene.objects[scene.sound.objectIndex];
  if (object === undefined) return [{ startSeconds: 0, endSeconds: scene.durationSeconds }];
  return visibleSpans(
    object.trajectory,
    object.widthMetres,
    object.heightMetres,
    scene.camera,
    scene.durationSeconds,
  );
}

/** The source at active RMS 1, from `beforeSeconds` before the clip; times between samples are interpolated. */
function drySource(scene: Scene, takes: readonly LibrarySound[]): DrySource {
  const { sound, durationSeconds } = scene;
  const dry = new Float32Array(Math.ceil((beforeSeconds + durationSeconds) * rate) + 4);
  if (sound.events === null) {
    const random = seededRandom(`${scene.id}/texture`);
    for (const span of sound.sourceSpans) {
      const start = Math.max(0, Math.round((span.startSeconds + beforeSeconds) * rate));
      const end = Math.min(dry.length, Math.round((span.endSeconds + beforeSeconds) * rate));
      if (end <= start) continue;
      const wave = loopSound(takes[0]!, end - start, sound.speed, random);
      fadeEnds(wave, 0.05 * rate, 0.15 * rate);
      for (let index = 0; index < wave.length; index++)
        dry[start + index]! += wave[index]! / takes[0]!.activeRms;
    }
  } else {
    for (const event of sound.events) addEvent(dry, takes[event.take]!, event, sound.speed);
  }
  return (time) => {
    const position = (time + beforeSeconds) * rate;
    const base = Math.floor(position);
    if (base < 1 || base + 2 >= dry.length) return 0;
    const t = position - base;
    const [a, b, c, d] = [dry[base - 1]!, dry[base]!, dry[base + 1]!, dry[base + 2]!];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  };
}

function addEvent(
  dry: Float32Array,
  take: LibrarySound,
  event: { readonly timeSeconds: number; readonly event: number; readonly gain: number },
  speed: number,
): void {
  const stretch = take.events[event.event]!;
  const startInTake = Math.round(stretch.startSeconds * rate);
  const endInTake = Math.min(take.samples.length, Math.round((stretch.endSeconds + 0.05) * rate));
  const wave = readSound(take, startInTake, Math.floor((endInTake - startInTake) / speed), speed);
  fadeEnds(wave, 0.002 * rate, 0.03 * rate);
  const start = Math.round((event.timeSeconds + beforeSeconds) * rate);
  for (let index = 0; index < wave.length && start + index < dry.length; index++) {
    if (start + index >= 0) dry[start + index]! += (event.gain * wave[index]!) / take.activeRms;
  }
}

/** Silences everything outside the spans in place, with fades inside them; a span at the clip's edge has none there. */
function gate(wave: Float32Array, spans: readonly TimeSpan[], durationSeconds: number): void {
  const gains = new Float32Array(wave.length);
  for (const { startSeconds, endSeconds } of spans) {
    const start = Math.round(startSeconds * rate);
    const end = Math.min(wave.length, Math.round(endSeconds * rate));
    for (let index = start; index < end; index++) {
      const fromStart = startSeconds <= 0 ? 1 : (index - start) / (edgeFadeSeconds * rate);
      const toEnd = endSeconds >= durationSeconds ? 1 : (end - index) / (edgeFadeSeconds * rate);
      gains[index] = Math.max(0, Math.min(1, fromStart, toEnd));
    }
  }
  for (let index = 0; index < wave.length; index++) wave[index]! *= gains[index]!;
}
