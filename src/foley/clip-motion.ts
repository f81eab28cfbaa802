/** @file How a label's thing moves through a clip, and how far its sound is to follow. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import type { TailFade } from '../conditions/heard-beyond.js';
import type { MotionCurve } from '../conditions/motion-curve.js';
import { defaultMotionSettings, type MotionPath, motionPath } from '../conditions/motion-path.js';
import { motionOf, type PlaceSightSettings } from '../conditions/place-sight.js';
import { defaultSimilaritySettings } from '../conditions/similarity.js';
import { assumeSize, type SizedThing } from './assumed-size.js';
import { kindOfLabel } from './clip-events.js';
import { knownLabel } from './known-label.js';
import type { SettledRequest } from './settled-request.js';

/** A motion that a sound follows; a strength of 0 follows nothing. */
export interface FollowedMotion {
  readonly path: MotionPath;
  /** 0..1 each. */
  readonly dynamics: number;
  readonly doppler: number;
  readonly pan: number;
  /** Whether the label's sound goes on by itself, as an engine's does: then its level is the motion's alone. */
  readonly isSustained: boolean;
  /** What is assumed about the thing; null where nothing was asked of it, or nothing is known. */
  readonly thing: SizedThing | null;
  /** Where it fades beyond the picture. */
  readonly fades: readonly TailFade[];
}

type Strengths = Pick<FollowedMotion, 'dynamics' | 'doppler' | 'pan'>;

/** The strengths alone. */
export function strengthsOf({ dynamics, doppler, pan }: Strengths): Strengths {
  return { dynamics, doppler, pan };
}

export function followsMotion({ dynamics, doppler, pan }: Strengths): boolean {
  return dynamics > 0 || doppler > 0 || pan > 0;
}

/**
 * How the thing is looked for when its way is read: whether it is there at all, the timing says, and where it is doubtful
 * its place is, too.
 */
function motionSight(): PlaceSightSettings {
  const settings = defaultSimilaritySettings('places');
  return { ...settings, evenShare: 0.25, leastClearest: settings.backgroundLogit };
}

/** The motion as it is seen; null where the encoder does not tell places. */
export async function computeMotion(
  label: string,
  { places }: FrameEmbeddings,
  encoder: ImageTextEncoder,
): Promise<MotionCurve | null> {
  if (places === undefined || encoder.embedPlaceLabels === undefined) return null;
  const wanted = await knownLabel(label, encoder);
  const { timesSeconds, presence, size, position, height } = motionOf(places, wanted, motionSight());
  return {
    timesSeconds: timesSeconds.map(rounded),
    presence: presence.map(rounded),
    size: size.map(rounded),
    position: position.map(rounded),
    ...(height === undefined ? {} : { height: height.map(rounded) }),
  };
}

/**
 * What a track's sound follows, as the request asks for it.
 * @param motion null where nobody knows it
 * @param aspect width of the clip's picture by its height
 */
export async function followMotion(
  request: SettledRequest,
  label: string,
  motion: MotionCurve | null,
  encoder: ImageTextEncoder,
  aspect: number,
): Promise<{ readonly followed: FollowedMotion | null; readonly warnings: readonly string[] }> {
  const strengths = strengthsOf(request);
  if (!followsMotion(strengths)) return { followed: null, warnings: [] };
  const names = Object.entries(strengths)
    .filter(([, strength]) => strength > 0)
    .map(([name]) => name)
    .join(', ');
  const idle = (why: string) => ({ followed: null, warnings: [`${names} had no effect: ${why}`] });
  if (motion === null) return idle("the model's image encoder does not tell where in the picture a thing is");
  const path = motionPath(motion, { ...defaultMotionSettings, passesCamera: request.beyond > 0 });
  if (path === null) return idle(`"${label}" was found nowhere in the picture`);
  const isSustained = strengths.dynamics > 0 && (await kindOfLabel(label, encoder)) === 'sustained';
  const known = { path, ...strengths, isSustained, fades: [] };
  if (strengths.doppler === 0) return { followed: { ...known, thing: null }, warnings: [] };
  const thing = await assumeSize(label, aspect, encoder);
  if (thing !== null) return { followed: { ...known, thing }, warnings: [] };
  return {
    followed: { ...known, doppler: 0, thing },
    warnings: [`doppler had no effect: nothing of a known size sounds like "${label}"`],
  };
}

/** To a millionth: a thing far away covers a ten-thousandth of a picture. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
