/** @file Ctrl-C: the first asks the work to stop and clean up, the second leaves at once. */
import { exitCodes } from './exit-codes.js';

/** Runs `work` with a signal that fires on SIGINT and SIGTERM; puts the handlers away afterwards. */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const onSignal = (): void => {
    // children notice that their parent is gone, and clean up after themselves
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
