/** @file Editing of the on/off track: every edit takes spans and gives spans that are sorted, disjoint and in the clip. */

/** A stretch in which a label sounds; the end is exclusive. */
export interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What edits must respect. */
export interface SpanLimits {
  readonly durationSeconds: number;
  /** One frame: no sound and no pause is shorter. */
  readonly leastSeconds: number;
}

export type SpanEdge = 'start' | 'end';

/** Sums of times are this exact. */
const slackSeconds = 1e-9;

/** Switches a stretch on. Sounds that it touches become one with it. */
export function paint(spans: readonly Span[], from: number, to: number, limits: SpanLimits): Span[] {
  const added = ordered(from, to, limits);
  if (added.endSeconds - added.startSeconds < limits.leastSeconds - slackSeconds) return [...spans];
  return joined([...spans, added], limits);
}

/** Switches a stretch off. What is left of a sound and shorter than a frame goes, too. */
export function erase(spans: readonly Span[], from: number, to: number, limits: SpanLimits): Span[] {
  const gone = ordered(from, to, limits);
  if (gone.endSeconds - gone.startSeconds < limits.leastSeconds - slackSeconds) return [...spans];
  return spans.flatMap((span) => {
    if (span.endSeconds <= gone.startSeconds || span.startSeconds >= gone.endSeconds) return [span];
    return [
      { startSeconds: span.startSeconds, endSeconds: gone.startSeconds },
      { startSeconds: gone.endSeconds, endSeconds: span.endSeconds },
    ].filter((part) => part.endSeconds - part.startSeconds >= limits.leastSeconds - slackSeconds);
  });
}

/** Cuts the sound at a moment in two, a frame of pause between them. No sound there: nothing changes. */
export function split(spans: readonly Span[], atSeconds: number, limits: SpanLimits): Span[] {
  const index = indexAt(spans, atSeconds);
  const span = spans[index];
  if (!span) return [...spans];
  const left: Span = { startSeconds: span.startSeconds, endSeconds: atSeconds };
  const right: Span = { startSeconds: atSeconds + limits.leastSeconds, endSeconds: span.endSeconds };
  const isTooShort = [left, right].some(
    (part) => part.endSeconds - part.startSeconds < limits.leastSeconds - slackSeconds,
  );
  return isTooShort ? [...spans] : spans.toSpliced(index, 1, left, right);
}

/**
 * Moves one edge of a sound. It stops a frame before the sound's other edge, and a frame before its neighbour, so that
 * dragging never swallows one.
 */
export function moveEdge(
  spans: readonly Span[],
  index: number,
  edge: SpanEdge,
  seconds: number,
  limits: SpanLimits,
): Span[] {
  const span = spans[index];
  if (!span) return [...spans];
  const { low, high } = edgeRange(spans, index, edge, limits);
  // a sound that began shorter than a frame cannot be moved further together
  if (high < low) return [...spans];
  const moved = Math.min(Math.max(seconds, low), high);
  return spans.with(
    index,
    edge === 'start' ? { ...span, startSeconds: moved } : { ...span, endSeconds: moved },
  );
}

/** From where to where an edge may go; what a slider announces as its least and greatest value. */
export function edgeRange(
  spans: readonly Span[],
  index: number,
  edge: SpanEdge,
  { durationSeconds, leastSeconds }: SpanLimits,
): { readonly low: number; readonly high: number } {
  const span = spans[index]!;
  const before = spans[index - 1];
  const after = spans[index + 1];
  return edge === 'start'
    ? {
        low: before ? Math.min(span.startSeconds, before.endSeconds + leastSeconds) : 0,
        high: span.endSeconds - leastSeconds,
      }
    : {
        low: span.startSeconds + leastSeconds,
        high: after ? Math.max(span.endSeconds, after.startSeconds - leastSeconds) : durationSeconds,
      };
}

/** Moves a whole sound, as far as its neighbours and the clip allow; its length stays. */
export function moveSpan(
  spans: readonly Span[],
  index: number,
  startSeconds: number,
  limits: SpanLimits,
): Span[] {
  const span = spans[index];
  if (!span) return [...spans];
  const length = span.endSeconds - span.startSeconds;
  const { low } = edgeRange(spans, index, 'start', limits);
  const { high } = edgeRange(spans, index, 'end', limits);
  const start = Math.min(Math.max(startSeconds, low), Math.max(low, high - length));
  return spans.with(index, { startSeconds: start, endSeconds: Math.min(start + length, high) });
}

/** Switches one sound off. */
export function removeSpan(spans: readonly Span[], index: number): Span[] {
  return spans.filter((_, position) => position !== index);
}

/** Which sound is heard at a moment; -1 for none. */
export function indexAt(spans: readonly Span[], seconds: number): number {
  return spans.findIndex((span) => seconds >= span.startSeconds && seconds < span.endSeconds);
}

export function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      (span, index) =>
        span.startSeconds === b[index]!.startSeconds && span.endSeconds === b[index]!.endSeconds,
    )
  );
}

/** How long it sounds in all. */
export function onSeconds(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0);
}

function ordered(from: number, to: number, { durationSeconds }: SpanLimits): Span {
  const inside = (seconds: number): number => Math.min(Math.max(0, seconds), durationSeconds);
  return { startSeconds: inside(Math.min(from, to)), endSeconds: inside(Math.max(from, to)) };
}

/** Sorted, with what touches or lies less than a frame apart as one. */
function joined(spans: readonly Span[], { leastSeconds }: SpanLimits): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.startSeconds - b.startSeconds)) {
    const last = result.at(-1);
    if (last && span.startSeconds - last.endSeconds < leastSeconds - slackSeconds)
      result[result.length - 1] = { ...last, endSeconds: Math.max(last.endSeconds, span.endSeconds) };
    else result.push(span);
  }
  return result;
}
