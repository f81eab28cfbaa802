/** @file Failures that may pass, and how often and how long after them it is tried again. */
import { FoleyError, type FoleyErrorDetails } from '../errors/foley-error.js';

/** A failure of the network or of a busy server. */
export class PassingFailure extends FoleyError {
  /** What the server asked for; null where it said nothing. */
  readonly retryAfterSeconds: number | null;
  /** No connection came about at all: trying often is of no use. */
  readonly isUnreachable: boolean;

  constructor(
    message: string,
    details: FoleyErrorDetails & {
      readonly retryAfterSeconds?: number | null;
      readonly isUnreachable?: boolean;
    } = {},
  ) {
    super('network-failed', message, details);
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.isUnreachable = details.isUnreachable ?? false;
  }
}

/** Waits; rejects when the signal fires. */
export type Wait = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;

export interface RetryHooks {
  readonly wait: Wait;
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onRetry?: ((failure: PassingFailure, waitSeconds: number) => void) | undefined;
}

const mostAttempts = 6;
const mostAttemptsUnreachable = 3;
const firstWaitSeconds = 1;
/** A server that wants a longer pause is not waited for. */
const longestWaitSeconds = 120;

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed too often: after 1, 2, 4, 8 and 16 seconds, or when
 * the server said.
 * @param hasProgressed asked after a failure: whether the attempt got further, so that counting starts anew
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  hooks: RetryHooks,
  hasProgressed: () => boolean = () => false,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof PassingFailure)) throw thrown;
      if (hasProgressed()) failures = 1;
      if (failures >= (thrown.isUnreachable ? mostAttemptsUnreachable : mostAttempts)) throw thrown;
      const waitSeconds = thrown.retryAfterSeconds ?? firstWaitSeconds * 2 ** (failures - 1);
      if (waitSeconds > longestWaitSeconds) throw thrown;
      hooks.onRetry?.(thrown, waitSeconds);
      await hooks.wait(waitSeconds * 1000, hooks.signal);
    }
  }
}

/** Seconds out of a `Retry-After` header, which holds seconds or a date; null without one that can be read. */
export function retryAfterOf(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1000));
}
