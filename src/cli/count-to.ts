/** @file Progress of work that counts things: a note every twentieth, and the end when the user has interrupted. */
import { FoleyError } from '../errors/foley-error.js';
import type { Terminal } from './terminal.js';

/** A callback for `done` of `total`. It throws FoleyError `cancelled` once the signal has fired. */
export function countTo(
  terminal: Terminal,
  what: string,
  signal: AbortSignal,
): (done: number, total: number) => void {
  return (done, total) => {
    if (signal.aborted) throw new FoleyError('cancelled', `stopped after ${done} of ${total} ${what}`);
    if (done === total || done % Math.max(1, Math.floor(total / 20)) === 0)
      terminal.note(`${what} ${done}/${total}`);
  };
}
