/** @file The stretch of time that the lanes show, and the arithmetic of zooming and scrolling it. */

/** What is on screen. All lanes share it, so that one moment is one vertical line. */
export interface TimeView {
  /** Time at the left edge. */
  readonly startSeconds: number;
  /** Time from the left edge to the right one. */
  readonly lengthSeconds: number;
}

/** What a view may be. */
export interface ViewLimits {
  readonly durationSeconds: number;
  /** The closest look: a few frames across the screen. */
  readonly shortestSeconds: number;
}

/** Limits for a clip: never closer than ten frames, unless the clip itself is shorter. */
export function limitsOf(durationSeconds: number, framesPerSecond: number): ViewLimits {
  return { durationSeconds, shortestSeconds: Math.min(durationSeconds, 10 / framesPerSecond) };
}

/** The whole clip. */
export function wholeClip({ durationSeconds }: ViewLimits): TimeView {
  return { startSeconds: 0, lengthSeconds: durationSeconds };
}

/** The nearest view that the limits allow: no time before 0 or after the end is shown. */
export function withinLimits(view: TimeView, { durationSeconds, shortestSeconds }: ViewLimits): TimeView {
  const lengthSeconds = clamp(view.lengthSeconds, shortestSeconds, durationSeconds);
  return {
    startSeconds: clamp(view.startSeconds, 0, durationSeconds - lengthSeconds),
    lengthSeconds,
  };
}

/**
 * Shows `factor` times as much detail; the anchor keeps its place on screen as far as the ends of the clip allow.
 * @param factor above 1 is closer
 */
export function zoomAround(
  view: TimeView,
  factor: number,
  anchorSeconds: number,
  limits: ViewLimits,
): TimeView {
  const lengthSeconds = clamp(view.lengthSeconds / factor, limits.shortestSeconds, limits.durationSeconds);
  const share = (anchorSeconds - view.startSeconds) / view.lengthSeconds;
  return withinLimits({ startSeconds: anchorSeconds - share * lengthSeconds, lengthSeconds }, limits);
}

/** Moves the view; it stops at the ends. */
export function scrollBy(view: TimeView, seconds: number, limits: ViewLimits): TimeView {
  return withinLimits({ ...view, startSeconds: view.startSeconds + seconds }, limits);
}

/** Turns the page when `seconds` has left the view, so that the playhead stays on screen. */
export function keepInView(view: TimeView, seconds: number, limits: ViewLimits): TimeView {
  const endSeconds = view.startSeconds + view.lengthSeconds;
  if (seconds >= view.startSeconds && seconds <= endSeconds) return view;
  return withinLimits({ ...view, startSeconds: seconds - view.lengthSeconds * pageMargin }, limits);
}

/** How much of the page lies before the playhead after a turn. */
const pageMargin = 0.1;

/** Pixels from the left edge of a lane of `width` pixels. */
export function toX(view: TimeView, seconds: number, width: number): number {
  return ((seconds - view.startSeconds) / view.lengthSeconds) * width;
}

/** The other way. */
export function toSeconds(view: TimeView, x: number, width: number): number {
  return view.startSeconds + (x / width) * view.lengthSeconds;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
