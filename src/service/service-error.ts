/** @file Why a request to the service is refused: a status, a stable code, a line, and a hint. */
import { FoleyError, type FoleyErrorCode, messageOf } from '../errors/foley-error.js';
import type { ServiceErrorCode, ServiceErrorInfo } from './contract.js';

const statuses: Readonly<Record<ServiceErrorCode, number>> = {
  'invalid-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  timeout: 408,
  conflict: 409,
  'offset-mismatch': 409,
  'too-large': 413,
  'unsupported-type': 415,
  'range-invalid': 416,
  'checksum-mismatch': 422,
  'idempotency-mismatch': 422,
  'too-many': 429,
  internal: 500,
  'not-ready': 503,
  interrupted: 500,
  'time-limit': 500,
};

export interface ServiceErrorDetails {
  readonly hint?: string;
  readonly field?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which trying again makes sense; becomes Retry-After. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A refusal by the service itself. What the work on a clip refuses is a FoleyError. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;
  readonly hint: string | null;
  readonly field: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | null;

  constructor(code: ServiceErrorCode, message: string, more: ServiceErrorDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.hint = more.hint ?? null;
    this.field = more.field ?? null;
    this.details = more.details ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds ?? null;
  }

  get status(): number {
    return statuses[this.code];
  }
}

/** Codes of smooth-foley that are the fault of what was sent; all others are the server's. */
const faultsOfTheInput: ReadonlySet<FoleyErrorCode> = new Set(['usage', 'input-rejected', 'limit-exceeded']);

/** The HTTP status of anything thrown while a request was answered. */
export function statusOf(thrown: unknown): number {
  if (thrown instanceof ServiceError) return thrown.status;
  if (thrown instanceof FoleyError) {
    if (thrown.code === 'usage') return 400;
    if (thrown.code === 'network-failed') return 502;
    return faultsOfTheInput.has(thrown.code) ? 422 : 500;
  }
  return 500;
}

/**
 * Anything thrown as it is told to a client. What nobody foresaw is told as `internal`, without its words: they could
 * hold paths of the server.
 */
export function errorInfo(thrown: unknown, requestId: string | null): ServiceErrorInfo {
  const base = { field: null, details: {}, requestId };
  if (thrown instanceof ServiceError) {
    const { code, message, hint, field, details } = thrown;
    return { code, message, hint, field, details: { ...details }, requestId };
  }
  if (thrown instanceof FoleyError)
    return { ...base, code: thrown.code, message: thrown.message, hint: thrown.hint };
  return {
    ...base,
    code: 'internal',
    message: 'the service failed on this; its log says why',
    hint: requestId === null ? null : `look for ${requestId} in the log`,
  };
}

/** For the log alone. */
export function describeForLog(thrown: unknown): Record<string, unknown> {
  return thrown instanceof Error
    ? {
        error: messageOf(thrown),
        stack: thrown.stack,
        cause: thrown.cause === undefined ? undefined : messageOf(thrown.cause),
      }
    : { error: String(thrown) };
}
