/** @file One kind of thing that scenes show: its real size, places, motions and pictures. */
import type { SeededRandom } from './seeded-random.js';
import type { MotionKind } from './trajectory.js';

export type Place = 'road' | 'rail' | 'ground' | 'water' | 'air' | 'indoor';

/** One kind of thing, e.g. "car": any of its pictures may sound like any of its sound classes. */
export interface SceneSubject {
  readonly id: string;
  readonly soundClassIds: readonly string[];
  /** Real size: of the picture's width or of its height. */
  readonly widthMetres?: readonly [low: number, high: number];
  readonly heightMetres?: readonly [low: number, high: number];
  readonly places: readonly Place[];
  readonly motions: readonly MotionKind[];
  readonly metresPerSecond: readonly [low: number, high: number];
  /** Whether it is heard stepping. */
  readonly steps?: boolean;
  /** How often it is drawn, compared with others; 1 unless given. */
  readonly weight?: number;
  /** Pictures for training: package prefix and path, see picture-packages.ts. */
  readonly train: readonly string[];
  /** Pictures that training never sees. */
  readonly val: readonly string[];
}

/** The part of a subject's speeds between two shares of its range. */
export function speedsWithin(
  { metresPerSecond: [low, high] }: SceneSubject,
  [from, to]: readonly [number, number],
): readonly [number, number] {
  return [low + from * (high - low), low + to * (high - low)];
}

/** Real width and height from the subject's size and the picture's proportions. */
export function sizeOfSubject(
  subject: SceneSubject,
  picture: { readonly width: number; readonly height: number },
  random: SeededRandom,
): { widthMetres: number; heightMetres: number } {
  const proportion = picture.width / picture.height;
  if (subject.widthMetres !== undefined) {
    const widthMetres = random.uniform(...subject.widthMetres);
    return { widthMetres, heightMetres: widthMetres / proportion };
  }
  const heightMetres = random.uniform(...(subject.heightMetres ?? ([1, 1] as const)));
  return { widthMetres: heightMetres * proportion, heightMetres };
}
