import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canRedo,
  canUndo,
  type History,
  record,
  redo,
  seal,
  startHistory,
  undo,
} from '../../src/studio/page/history.js';
import {
  edgeRange,
  erase,
  indexAt,
  moveEdge,
  moveSpan,
  onSeconds,
  paint,
  removeSpan,
  type Span,
  sameSpans,
  split,
} from '../../src/studio/page/spans.js';
import { describeEdit, describeSpan } from '../../src/studio/page/words.js';

const limits = { durationSeconds: 10, leastSeconds: 1 / 30 };
const time = fc.double({ min: -1, max: 11, noNaN: true });
const edit = fc.oneof(
  fc.record({ kind: fc.constantFrom('paint' as const, 'erase' as const), from: time, to: time }),
  fc.record({ kind: fc.constant('split' as const), at: time }),
  fc.record({
    kind: fc.constant('edge' as const),
    index: fc.nat(6),
    edge: fc.constantFrom('start' as const, 'end' as const),
    at: time,
  }),
  fc.record({ kind: fc.constant('move' as const), index: fc.nat(6), at: time }),
  fc.record({ kind: fc.constant('remove' as const), index: fc.nat(6) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

function apply(spans: readonly Span[], change: Edit): Span[] {
  switch (change.kind) {
    case 'paint':
      return paint(spans, change.from, change.to, limits);
    case 'erase':
      return erase(spans, change.from, change.to, limits);
    case 'split':
      return split(spans, change.at, limits);
    case 'edge':
      return moveEdge(spans, change.index, change.edge, change.at, limits);
    case 'move':
      return moveSpan(spans, change.index, change.at, limits);
    case 'remove':
      return removeSpan(spans, change.index);
  }
}

function expectOrderly(spans: readonly Span[]): void {
  spans.forEach((span, index) => {
    expect(span.startSeconds).toBeGreaterThanOrEqual(0);
    expect(span.endSeconds).toBeLessThanOrEqual(10);
    // a nanosecond for sums of doubles
    expect(span.endSeconds - span.startSeconds).toBeGreaterThanOrEqual(limits.leastSeconds - 1e-8);
    const before = spans[index - 1];
    if (before)
      expect(span.startSeconds - before.endSeconds).toBeGreaterThanOrEqual(limits.leastSeconds - 1e-8);
  });
}

/** Moments to look at; off the grid of edits. */
const probes = Array.from({ length: 120 }, (_, index) => (index + 0.37) / 12);

describe('editing the on/off track', () => {
  it('any run of edits leaves sounds and pauses of a frame at least, in order and in the clip', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        let spans: Span[] = [];
        for (const change of edits) {
          spans = apply(spans, change);
          expectOrderly(spans);
        }
      }),
    );
  });

  it('painting switches on what was painted and nothing that was not, but for pauses shorter than a frame', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 10 }), time, time, (edits, from, to) => {
        const before = edits.reduce<Span[]>(apply, []);
        const after = paint(before, from, to, limits);
        const [low, high] = [Math.max(0, Math.min(from, to)), Math.min(10, Math.max(from, to))];
        const isLongEnough = high - low >= limits.leastSeconds;
        const wrong = probes.filter((at) => {
          const isOn = indexAt(after, at) >= 0;
          if (indexAt(before, at) >= 0 || (isLongEnough && at >= low && at < high)) return !isOn;
          return (at < low - limits.leastSeconds || at > high + limits.leastSeconds) && isOn;
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('erasing switches off what was erased and leaves the rest', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 10 }), time, time, (edits, from, to) => {
        const before = edits.reduce<Span[]>(apply, []);
        const after = erase(before, from, to, limits);
        const [low, high] = [Math.min(from, to), Math.max(from, to)];
        const wrong = probes.filter((at) => {
          const isOn = indexAt(after, at) >= 0;
          if (high - low >= 0.04 && at >= Math.max(0, low) && at < Math.min(10, high)) return isOn;
          const isOutside = at < low - limits.leastSeconds || at > high + limits.leastSeconds;
          return isOutside && isOn !== indexAt(before, at) >= 0;
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('splits with a frame of pause, so that the two do not count as one again', () => {
    const spans = split([{ startSeconds: 1, endSeconds: 3 }], 2, limits);
    expect(spans).toEqual([
      { startSeconds: 1, endSeconds: 2 },
      { startSeconds: 2 + 1 / 30, endSeconds: 3 },
    ]);
    expect(split(spans, 5, limits)).toEqual(spans);
    expect(split(spans, 1.01, limits)).toEqual(spans);
  });

  it('an edge stops before its neighbour; painting over it joins them', () => {
    const spans = [
      { startSeconds: 1, endSeconds: 2 },
      { startSeconds: 4, endSeconds: 5 },
    ];
    expect(moveEdge(spans, 0, 'end', 9, limits)[0]!.endSeconds).toBeCloseTo(4 - 1 / 30, 9);
    expect(edgeRange(spans, 0, 'end', limits)).toEqual({ low: 1 + 1 / 30, high: 4 - 1 / 30 });
    expect(paint(spans, 1.5, 4.5, limits)).toEqual([{ startSeconds: 1, endSeconds: 5 }]);
  });

  it('moving a sound keeps its length', () => {
    fc.assert(
      fc.property(time, (at) => {
        const spans = [
          { startSeconds: 1, endSeconds: 2 },
          { startSeconds: 4, endSeconds: 5.5 },
          { startSeconds: 8, endSeconds: 9 },
        ];
        const moved = moveSpan(spans, 1, at, limits);
        expect(onSeconds([moved[1]!])).toBeCloseTo(1.5, 9);
        expectOrderly(moved);
      }),
    );
  });

  it('says what an edit did', () => {
    const one = [{ startSeconds: 1, endSeconds: 2 }];
    expect(describeSpan(one, 0)).toBe('sound 1 of 1, 1.00 to 2.00 s, 1.00 s long');
    expect(describeEdit(one, paint(one, 4, 5, limits))).toBe('1 sound more; on for 2.00 s in 2 sounds');
    expect(describeEdit(one, [])).toBe('1 sound fewer; on for 0.00 s in 0 sounds');
    expect(describeEdit(one, moveEdge(one, 0, 'end', 2.5, limits))).toBe(
      'sound 1 of 1, 1.00 to 2.50 s, 1.50 s long',
    );
  });
});

describe('undo and redo', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), value: fc.nat(20), key: fc.constantFrom(null, 'drag') }),
    fc.constantFrom({ kind: 'undo' as const }, { kind: 'redo' as const }, { kind: 'seal' as const }),
  );

  it('undoing everything leads to the beginning, redoing everything to the end', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let history: History<number> = startHistory(-1);
        for (const item of steps) {
          if (item.kind === 'set') history = record(history, item.value, Object.is, item.key);
          else if (item.kind === 'undo') history = undo(history);
          else if (item.kind === 'redo') history = redo(history);
          else history = seal(history);
        }
        const line = [...history.past, history.present, ...history.future];
        let back = history;
        while (canUndo(back)) back = undo(back);
        expect(back.present).toBe(-1);
        while (canRedo(back)) back = redo(back);
        expect([...back.past, back.present]).toEqual(line);
      }),
    );
  });

  it('a drag is one step', () => {
    let history = startHistory<Span[]>([]);
    for (const end of [2, 3, 4])
      history = record(history, [{ startSeconds: 1, endSeconds: end }], sameSpans, 'drag 1');
    history = record(seal(history), [], sameSpans, 'drag 1');
    expect(undo(history).present).toEqual([{ startSeconds: 1, endSeconds: 4 }]);
    expect(undo(undo(history)).present).toEqual([]);
    expect(canUndo(undo(undo(history)))).toBe(false);
  });
});
