/** @file One kind of thing that scenes show: its real size, places, motions and pictures. */
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
