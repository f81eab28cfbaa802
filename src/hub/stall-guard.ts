/** @file Notices when a transfer stands still, or trickles so slowly that it never ends. */

export interface StallGuard {
  /** Fires when the transfer stalls. */
  readonly signal: AbortSignal;
  readonly hasStalled: boolean;
  /** To be told of every arrival. */
  received(bytes: number): void;
  end(): void;
}

/** Fewer bytes than this in a whole window is as good as none. */
const leastBytesPerWindow = 1024;

/** Watches in windows of `seconds`; the first ends that long after the request was sent. */
export function guardAgainstStall(seconds: number): StallGuard {
  const abort = new AbortController();
  let bytesInWindow = 0;
  const timer = setInterval(() => {
    if (bytesInWindow < leastBytesPerWindow) abort.abort();
    bytesInWindow = 0;
  }, seconds * 1000);
  return {
    signal: abort.signal,
    get hasStalled() {
      return abort.signal.aborted;
    },
    received(bytes) {
      bytesInWindow += bytes;
    },
    end() {
      clearInterval(timer);
    },
  };
}
