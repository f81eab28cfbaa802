/** @file Sound beyond the picture: what moves out of it is heard for as long as its way, carried on, is still near. */
import { levelDbAt, type MotionPath } from './motion-path.js';
import type { TimeSpan } from './timeline.js';

/** A stretch over which a tail is faded, from nothing at `silentSeconds` to its own level at `fullSeconds`. */
export interface TailFade {
  readonly silentSeconds: number;
  readonly fullSeconds: number;
}

export interface HeardBeyond {
  readonly spans: readonly TimeSpan[];
  /** Of the tails that end (or begin) before the thing is too far to be heard. */
  readonly fades: readonly TailFade[];
}

/** Further below the nearest, in dB, a thing is no longer heard. */
const quietestDb = -30;
/** A thing whose level changes by less than this, in dB, within the whole tail does not move: it is hidden, not gone. */
const leastChangeDb = 1;
const stepSeconds = 0.05;

/**
 * Lets the first span begin earlier and the last one end later, by `mostSeconds` at most: as long as the thing, carried on
 * along its way, moves and is heard. What stands still when it is last seen stays silent, as the picture says.
 * @param spans sorted, within 0..durationSeconds
 */
export function heardBeyond(
  spans: readonly TimeSpan[],
  path: MotionPath,
  mostSeconds: number,
  durationSeconds: number,
): HeardBeyond {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return { spans, fades: [] };
  const before = tail(path, first.startSeconds, -1, Math.min(mostSeconds, first.startSeconds));
  const after = tail(path, last.endSeconds, 1, Math.min(mostSeconds, durationSeconds - last.endSeconds));
  const startSeconds = Math.max(0, first.startSeconds - before);
  const endSeconds = Math.min(durationSeconds, last.endSeconds + after);
  const fades: TailFade[] = [];
  if (before > 0 && startSeconds > 0) {
    fades.push({ silentSeconds: startSeconds, fullSeconds: (startSeconds + first.startSeconds) / 2 });
  }
  if (after > 0 && endSeconds < durationSeconds) {
    fades.push({ silentSeconds: endSeconds, fullSeconds: (endSeconds + last.endSeconds) / 2 });
  }
  const longer = spans.map((span, index) => ({
    startSeconds: index === 0 ? startSeconds : span.startSeconds,
    endSeconds: index === spans.length - 1 ? endSeconds : span.endSeconds,
  }));
  return { spans: longer, fades };
}

/** How long the thing is heard past an edge of its spans. */
function tail(path: MotionPath, edgeSeconds: number, direction: 1 | -1, mostSeconds: number): number {
  const steps = Math.ceil(mostSeconds / stepSeconds);
  const levelAt = (step: number): number =>
    levelDbAt(path, edgeSeconds + direction * Math.min(mostSeconds, step * stepSeconds));
  let [lowest, highest] = [levelAt(0), levelAt(0)];
  let heard = 0;
  while (heard < steps && levelAt(heard + 1) >= quietestDb) {
    heard++;
    lowest = Math.min(lowest, levelAt(heard));
    highest = Math.max(highest, levelAt(heard));
  }
  return highest - lowest < leastChangeDb ? 0 : Math.min(mostSeconds, heard * stepSeconds);
}

/** The factor that a tail's fades give the sound at a time. */
export function tailGain(fades: readonly TailFade[], timeSeconds: number): number {
  return fades.reduce((gain, { silentSeconds, fullSeconds }) => {
    const share = (timeSeconds - silentSeconds) / (fullSeconds - silentSeconds);
    return gain * Math.max(0, Math.min(1, share));
  }, 1);
}
