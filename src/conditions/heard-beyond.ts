/** @file Sound beyond the picture: what moves out of it, or is lost from sight within it, is heard while its way is still near. */
import { levelDbAt, type MotionPath, panAt } from './motion-path.js';
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
/** The same of its direction (`panAt`), while it is out of sight between two spans. */
const leastChangeOfPan = 0.05;
/** How it moves while it is out of sight is asked from so long before until so long after. */
const aroundGapSeconds = 0.5;
const stepSeconds = 0.05;

/**
 * Lets the first span begin earlier and the last one end later, by `mostSeconds` at most: as long as the thing, carried on
 * along its way, moves and is heard. Spans that are `mostSeconds` apart at most are joined where it moves between them: it
 * was hidden on its way, or not made out. What stands still while it is not seen stays silent, as the picture says.
 * @param seen sorted, within 0..durationSeconds
 */
export function heardBeyond(
  seen: readonly TimeSpan[],
  path: MotionPath,
  mostSeconds: number,
  durationSeconds: number,
): HeardBeyond {
  const spans = joined(seen, path, mostSeconds);
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

/** The spans, without the gaps within which the thing moves on and is heard. */
function joined(spans: readonly TimeSpan[], path: MotionPath, mostSeconds: number): TimeSpan[] {
  const longer: TimeSpan[] = [];
  for (const span of spans) {
    const before = longer.at(-1);
    const isOne =
      before !== undefined &&
      span.startSeconds - before.endSeconds <= mostSeconds &&
      isHeardBetween(path, before.endSeconds, span.startSeconds);
    if (isOne) longer[longer.length - 1] = { ...before, endSeconds: span.endSeconds };
    else longer.push(span);
  }
  return longer;
}

function isHeardBetween(path: MotionPath, fromSeconds: number, untilSeconds: number): boolean {
  const steps = Math.ceil((untilSeconds - fromSeconds + 2 * aroundGapSeconds) / stepSeconds);
  const times = Array.from(
    { length: steps + 1 },
    (_, step) => fromSeconds - aroundGapSeconds + step * stepSeconds,
  );
  const range = (values: readonly number[]): number =>
    values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
  const levels = times.map((time) => levelDbAt(path, time));
  const moves =
    range(levels) >= leastChangeDb || range(times.map((time) => panAt(path, time))) >= leastChangeOfPan;
  return moves && levels.every((level) => level >= quietestDb);
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
