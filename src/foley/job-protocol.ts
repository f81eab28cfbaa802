/** @file What the parent and the child of a job say to each other. Plain data for structured cloning. */
import { FoleyError, type FoleyErrorCode, messageOf } from '../errors/foley-error.js';
import type { SettledRequest } from './generate.js';
import type { FoleyProgress } from './progress.js';
import type { FoleySidecar } from './write-take.node.js';

/** What a child does. Each kind of job has its own module of work. */
export interface JobOrder {
  readonly request: SettledRequest;
  /** Text of the timing file, read by the parent. */
  readonly timing: { readonly name: string; readonly text: string } | null;
  /** Where the child writes; nothing else is touched. */
  readonly staging: string;
  readonly stem: string;
}

export type ToChild = { readonly kind: 'start'; readonly order: JobOrder } | { readonly kind: 'cancel' };

export type FromChild =
  | { readonly kind: 'progress'; readonly progress: FoleyProgress }
  | { readonly kind: 'beat'; readonly rssBytes: number }
  | { readonly kind: 'done'; readonly sidecars: readonly FoleySidecar[]; readonly peakRssBytes: number }
  | { readonly kind: 'failed'; readonly error: WireError };

/** An error on its way between processes. */
export interface WireError {
  readonly code: FoleyErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly stack: string | null;
}

/** Anything thrown becomes an error with a code; what nobody foresaw counts as a failure of the engine. */
export function toWire(thrown: unknown): WireError {
  const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
  if (thrown instanceof FoleyError)
    return { code: thrown.code, message: thrown.message, hint: thrown.hint, stack };
  return { code: 'engine-failed', message: `unexpected failure: ${messageOf(thrown)}`, hint: null, stack };
}

/** The other way. The child's stack travels as the cause. */
export function fromWire({ code, message, hint, stack }: WireError): FoleyError {
  return new FoleyError(code, message, { ...(hint === null ? {} : { hint }), cause: stack });
}
