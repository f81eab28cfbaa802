/** @file Undo and redo: a value with its past and its future. */

export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** Changes under the same key follow each other as one, so that a drag is one step back. */
  readonly mergeKey: string | null;
}

/** As many steps back as anyone needs; a limit, so that an hour of painting does not grow without end. */
export const mostSteps = 500;

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], mergeKey: null };
}

/** Takes a new value. A value that is the present one already changes nothing. */
export function record<T>(
  history: History<T>,
  next: T,
  isSame: (a: T, b: T) => boolean,
  mergeKey: string | null = null,
): History<T> {
  if (isSame(history.present, next)) return history;
  const merges = mergeKey !== null && mergeKey === history.mergeKey;
  return {
    past: merges ? history.past : [...history.past, history.present].slice(-mostSteps),
    present: next,
    future: [],
    mergeKey,
  };
}

/** Ends a merged change: the next one is a step of its own, whatever its key. */
export function seal<T>(history: History<T>): History<T> {
  return history.mergeKey === null ? history : { ...history, mergeKey: null };
}

export function undo<T>(history: History<T>): History<T> {
  const previous = history.past.at(-1);
  if (previous === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: previous,
    future: [history.present, ...history.future],
    mergeKey: null,
  };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, mergeKey: null };
}

export const canUndo = (history: History<unknown>): boolean => history.past.length > 0;
export const canRedo = (history: History<unknown>): boolean => history.future.length > 0;
