/** @file What the lanes show: the view, the marks, the tool, and whether edits snap to frames. */
import type { FrameGrid } from './frame-grid.js';
import { snapToFrame } from './frame-grid.js';
import type { Span, SpanLimits } from './spans.js';
import {
  keepInView,
  limitsOf,
  scrollBy,
  type TimeView,
  type ViewLimits,
  wholeClip,
  withinLimits,
  zoomAround,
} from './time-view.js';

export type Tool = 'move' | 'paint' | 'erase';

export class TimelineState {
  durationSeconds = $state(0);
  framesPerSecond = $state(30);
  view = $state.raw<TimeView>({ startSeconds: 0, lengthSeconds: 1 });
  markIn = $state<number | null>(null);
  markOut = $state<number | null>(null);
  tool = $state<Tool>('move');
  doesSnap = $state(true);

  get limits(): ViewLimits {
    return limitsOf(this.durationSeconds, this.framesPerSecond);
  }

  get grid(): FrameGrid {
    return { framesPerSecond: this.framesPerSecond, durationSeconds: this.durationSeconds };
  }

  get spanLimits(): SpanLimits {
    return { durationSeconds: this.durationSeconds, leastSeconds: 1 / this.framesPerSecond };
  }

  /** Between the marks, where both are set and in order; an open end reaches to the end of the clip. */
  get marked(): Span | null {
    if (this.markIn === null && this.markOut === null) return null;
    const span = { startSeconds: this.markIn ?? 0, endSeconds: this.markOut ?? this.durationSeconds };
    return span.endSeconds - span.startSeconds >= this.spanLimits.leastSeconds - 1e-9 ? span : null;
  }

  /** A new clip. */
  reset(durationSeconds: number, framesPerSecond: number): void {
    this.durationSeconds = durationSeconds;
    this.framesPerSecond = framesPerSecond;
    this.view = wholeClip(this.limits);
    this.markIn = null;
    this.markOut = null;
  }

  zoom(factor: number, anchorSeconds: number): void {
    this.view = zoomAround(this.view, factor, anchorSeconds, this.limits);
  }

  scroll(seconds: number): void {
    this.view = scrollBy(this.view, seconds, this.limits);
  }

  scrollTo(startSeconds: number): void {
    this.view = withinLimits({ ...this.view, startSeconds }, this.limits);
  }

  fit(): void {
    this.view = wholeClip(this.limits);
  }

  follow(seconds: number): void {
    this.view = keepInView(this.view, seconds, this.limits);
  }

  /** A mark on the far side of the other one takes it away. */
  setIn(seconds: number): void {
    this.markIn = seconds;
    if (this.markOut !== null && this.markOut <= seconds) this.markOut = null;
  }

  setOut(seconds: number): void {
    this.markOut = seconds;
    if (this.markIn !== null && this.markIn >= seconds) this.markIn = null;
  }

  clearMarks(): void {
    this.markIn = null;
    this.markOut = null;
  }

  snapped(seconds: number): number {
    return this.doesSnap
      ? snapToFrame(this.grid, seconds)
      : Math.min(Math.max(0, seconds), this.durationSeconds);
  }
}
