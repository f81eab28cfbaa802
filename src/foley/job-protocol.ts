/** @file What the parent and the child of a job say to each other. Plain data for structured cloning. */

import type { TimingCurve } from '../conditions/timing-curve.js';
import { FoleyError, type FoleyErrorCode, messageOf } from '../errors/foley-error.js';
import type { MediaFacts } from '../video/media-facts.js';
import type { LabelChoice } from './choose-label.js';
import type { MixSidecar } from './make-mix.node.js';
import type { MixRequest } from './mix-request.js';
import type { FoleyProgress, FoleyTimings } from './progress.js';
import type { ResolvedRequest } from './settled-request.js';
import type { FoleySidecar } from './write-take.node.js';

interface OrderBase {
  readonly request: ResolvedRequest;
}

/** Make every take and write it into `staging`; nothing else is touched. */
export interface GenerateOrder extends OrderBase {
  readonly kind: 'generate';
  readonly staging: string;
  readonly stem: string;
}

/** Look at the clip and say what is seen when. */
export interface InspectOrder extends OrderBase {
  readonly kind: 'inspect';
  /** False: the facts of the clip alone, which need neither model nor codec. */
  readonly withTiming: boolean;
  readonly withPicture: boolean;
}

/** Mix what is there already into `staging`. */
export interface MixOrder {
  readonly kind: 'mix';
  readonly request: MixRequest;
  readonly staging: string;
  readonly stem: string;
}

export type JobOrder = GenerateOrder | InspectOrder | MixOrder;

/** What is known of a clip without making sound. */
export interface Inspection {
  readonly facts: MediaFacts;
  readonly sha256: string;
  /** Of the first label; null where none was asked for. */
  readonly timing: TimingCurve | null;
  /** Of every label, in order of the request. */
  readonly trackTimings: readonly TimingCurve[];
  /** What the first label stands for where it names only a kind of thing; else null. */
  readonly seenAs: string | null;
  /** What the picture chose where no label was given; else null. */
  readonly chosenLabel: LabelChoice | null;
  readonly warnings: readonly string[];
  readonly timings: FoleyTimings;
  /** PNG bytes. */
  readonly picture: Uint8Array | null;
}

/** What an order yields. */
export type JobYield<O extends JobOrder> = O extends GenerateOrder
  ? readonly FoleySidecar[]
  : O extends MixOrder
    ? MixSidecar
    : Inspection;

export type ToChild = { readonly kind: 'start'; readonly order: JobOrder } | { readonly kind: 'cancel' };

export type FromChild =
  | { readonly kind: 'progress'; readonly progress: FoleyProgress }
  | { readonly kind: 'beat'; readonly rssBytes: number }
  | {
      readonly kind: 'done';
      readonly yielded: JobYield<JobOrder>;
      readonly peakRssBytes: number;
      readonly processorSeconds: number;
    }
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
