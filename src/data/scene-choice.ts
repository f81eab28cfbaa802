/** @file What a set of scenes settles of a scene beforehand: who sounds, how it moves, and whether it is heard unseen. */
import type { Scene } from './scene.js';
import type { MotionKind } from './trajectory.js';

/** What every choice says. */
interface CommonChoice {
  readonly soundClassId: string;
  readonly presence: Scene['sound']['presence'];
  /** A texture neither starts nor ends within the clip. */
  readonly soundsThroughout: boolean;
  /** Only recordings without a longer event: of single steps and strokes, each can then be seen. */
  readonly longestEventSeconds: number | null;
}

/** A thing before a background, or a place with a sound of its own. */
export type SceneChoice = CommonChoice &
  (
    | {
        readonly kind: 'object';
        readonly subjectId: string;
        readonly motion: MotionKind;
        /** Speeds between these shares of what the subject can do. */
        readonly speedShares: readonly [low: number, high: number];
        /** Shares of the picture's width that it takes at its nearest; chosen to suit where null. */
        readonly nearShares: readonly [low: number, high: number] | null;
      }
    | {
        readonly kind: 'place';
        /** Id of the background. */
        readonly picture: string;
      }
  );
