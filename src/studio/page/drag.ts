/** @file Dragging with a pointer: captured, so that it goes on outside the element, and ended by Escape. */

export interface DragHandlers {
  onMove(event: PointerEvent): void;
  /** @param isCancelled when Escape or the system ended it */
  onEnd?(isCancelled: boolean): void;
}

/** Follows a pointer from its `pointerdown` until it is let go. */
export function followPointer(start: PointerEvent, { onMove, onEnd }: DragHandlers): void {
  const target = start.currentTarget;
  if (!(target instanceof Element) || start.button !== 0) return;
  start.preventDefault();
  target.setPointerCapture(start.pointerId);
  const abort = new AbortController();
  const { signal } = abort;
  const end = (isCancelled: boolean): void => {
    abort.abort();
    onEnd?.(isCancelled);
  };
  target.addEventListener('pointermove', (event) => onMove(event as PointerEvent), { signal });
  target.addEventListener('pointerup', () => end(false), { signal });
  target.addEventListener('pointercancel', () => end(true), { signal });
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key === 'Escape') end(true);
    },
    { signal },
  );
}

/** Seconds under a pointer, in a lane whose left edge is the view's. */
export function secondsAt(
  event: PointerEvent | MouseEvent,
  lane: Element,
  view: { readonly startSeconds: number; readonly lengthSeconds: number },
): number {
  const box = lane.getBoundingClientRect();
  return view.startSeconds + ((event.clientX - box.left) / box.width) * view.lengthSeconds;
}
