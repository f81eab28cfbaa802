/** @file Where the ruler has its marks, and how a time is written. */
import type { TimeView } from './time-view.js';

export interface RulerMark {
  readonly seconds: number;
  /** Null for the small marks in between. */
  readonly label: string | null;
}

/** Steps that people count in, in seconds; below a second decimal, above it as on a clock. */
const stepsSeconds = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
];

/** Labelled marks at least `leastPixels` apart, with four small ones between two of them. */
export function rulerMarks(view: TimeView, width: number, leastPixels = 72): RulerMark[] {
  if (width <= 0) return [];
  const leastSeconds = (leastPixels / width) * view.lengthSeconds;
  const step = stepsSeconds.find((candidate) => candidate >= leastSeconds) ?? stepsSeconds.at(-1)!;
  const small = step / 5;
  const first = Math.ceil(view.startSeconds / small - 1e-9);
  const last = Math.floor((view.startSeconds + view.lengthSeconds) / small + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => {
    const index = first + offset;
    // from the index and not by adding up, so that marks do not drift
    return {
      seconds: index * small,
      label: index % 5 === 0 ? formatTime(index * small, step < 1 ? 2 : 0) : null,
    };
  });
}

/** `1:02.50`; hours appear when there are any. @param decimals of the seconds */
export function formatTime(seconds: number, decimals = 2): string {
  const unit = 10 ** decimals;
  const total = Math.round(Math.max(0, seconds) * unit);
  const whole = Math.floor(total / unit);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const fraction = decimals === 0 ? '' : `.${String(total % unit).padStart(decimals, '0')}`;
  const clock = `${hours > 0 ? String(minutes).padStart(2, '0') : minutes}:${String(rest).padStart(2, '0')}`;
  return `${hours > 0 ? `${hours}:` : ''}${clock}${fraction}`;
}
