/** @file What a scene says about timing: its thing comes or goes, stays, or is the place itself. */
import type { TimeSpan } from '../conditions/timeline.js';
import type { Scene } from '../data/scene.js';

/** Whether the thing that sounds comes into view or leaves it, stays in view, or is the place itself. */
export type SceneGroup = 'comes-or-goes' | 'stays' | 'place';
export const sceneGroups = ['comes-or-goes', 'stays', 'place'] as const satisfies readonly SceneGroup[];

/** Less of both than this, in seconds, and nothing comes or goes. */
const leastSeconds = 0.5;

/** The group of a scene; null where its thing is all but never in view. */
export function groupOf(
  scene: Pick<Scene, 'motion' | 'durationSeconds'>,
  visibleSpans: readonly TimeSpan[],
): SceneGroup | null {
  if (scene.motion === 'place') return 'place';
  const seenSeconds = visibleSpans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0);
  if (seenSeconds < leastSeconds) return null;
  return scene.durationSeconds - seenSeconds >= leastSeconds ? 'comes-or-goes' : 'stays';
}
