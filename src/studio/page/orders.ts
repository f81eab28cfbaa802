/** @file From what stands on the page to what is sent: orders to look, to make takes, and to mix them. */
import type { Job, JobOrderInput } from '../../service/contract.js';
import { currentValue, type FieldValues, type FormField } from './form-fields.js';
import type { Span } from './spans.js';

/** Fields that each track says for itself; all others are said once for the clip. */
export const trackFieldNames: ReadonlySet<string> = new Set([
  'label',
  'prompt',
  'negative',
  'seed',
  'threshold',
]);

/** Becomes one job for each take, so that the first can be heard while the others are made. */
const countField = 'takes';

/** Tracks and timing are what the lanes are for; every other field is a control of the form. */
export function isControl(field: { readonly name: string; readonly kind: string }): boolean {
  return field.kind !== 'list' && field.name !== 'timing';
}

/** Fields that the page works out by itself from the curve; changing them needs no second look. */
const workedOutHere: ReadonlySet<string> = new Set([
  'threshold',
  'hysteresis',
  'minimumOn',
  'minimumOff',
  'smoothing',
]);

/** The form as it stands. */
export interface FormState {
  /** Every field that the service takes. */
  readonly fields: readonly FormField[];
  /** Said once for the clip. */
  readonly settings: FieldValues;
}

/** What an inspection saw. */
export type Inspection = NonNullable<Job['inspection']>;
export type Curve = Inspection['timing'];
export type Motion = NonNullable<Curve['motion']>;

/** A track as far as orders read it. */
export interface TrackForm {
  /** Values of `trackFieldNames`. */
  readonly values: FieldValues;
  /** Edited by hand; null: as computed. */
  readonly spans: readonly Span[] | null;
  /** As it was seen; left out where nobody knows it. */
  readonly motion?: Motion | undefined;
}

/** Every value in force for a track, by name. */
export function requestValues({ fields, settings }: FormState, track: TrackForm): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields.filter(isControl)) {
    const value = currentValue(field, trackFieldNames.has(field.name) ? track.values : settings);
    if (value !== undefined) values[field.name] = value;
  }
  // a gain that acts on nothing is refused by the service
  if (values.original !== 'mix') delete values.originalGain;
  // nor do these act on a timing that was edited
  if (track.spans !== null) for (const name of workedOutHere) delete values[name];
  return values;
}

/** How many takes one press makes. */
export function takeCount({ fields, settings }: FormState): number {
  const field = fields.find((candidate) => candidate.name === countField);
  return field ? Number(currentValue(field, settings)) : 1;
}

/** To a tenth of a millisecond, as timing files are written. */
export function sentSpans(spans: readonly Span[]): Span[] {
  const rounded = (seconds: number): number => Math.round(seconds * 1e4) / 1e4;
  return spans.map((span) => ({
    startSeconds: rounded(span.startSeconds),
    endSeconds: rounded(span.endSeconds),
  }));
}

/**
 * Longer motions stay at home: orders are bounded in size and told again with every event of their jobs, and the service
 * computes a motion that it was not given. The small model's, of five samples a second, are of 20 minutes then.
 */
const mostSentMotion = 6000;

/** A timing that was edited by hand, with the motion of its label. */
export function sentTiming(
  spans: readonly Span[],
  motion: Motion | undefined,
): { readonly spans: Span[]; readonly motion?: Motion } {
  const isSent = motion !== undefined && motion.timesSeconds.length <= mostSentMotion;
  return { spans: sentSpans(spans), ...(isSent ? { motion } : {}) };
}

/** For people; null where the picture is to choose. */
function nameOf({ label }: Readonly<Record<string, unknown>>): string | null {
  return typeof label === 'string' && label !== '' ? label : null;
}

/** One order for each seed; a null seed lets the service draw one. */
export function generateOrders(
  mediaId: string,
  form: FormState,
  track: TrackForm,
  seeds: readonly (number | null)[],
): JobOrderInput[] {
  const values = requestValues(form, track);
  return seeds.map((seed) => ({
    kind: 'generate',
    mediaId,
    name: nameOf(values),
    // the service checks it against the schema that the form was made of
    request: { ...values, [countField]: 1, seed } as Extract<JobOrderInput, { kind: 'generate' }>['request'],
    timing: track.spans === null ? null : sentTiming(track.spans, track.motion),
  }));
}

/** What is looked for in the picture. @param inspected names of the fields that an inspection reads */
export function inspectOrder(
  mediaId: string,
  form: FormState,
  track: TrackForm,
  inspected: ReadonlySet<string>,
): JobOrderInput {
  const values = requestValues(form, { values: track.values, spans: null });
  const request = Object.fromEntries(Object.entries(values).filter(([name]) => inspected.has(name)));
  return {
    kind: 'inspect',
    mediaId,
    name: nameOf(values),
    request: request as Extract<JobOrderInput, { kind: 'inspect' }>['request'],
  };
}

/** Same key, same curve: tells whether the picture must be looked at again. */
export function inspectionKey(order: JobOrderInput): string {
  if (order.kind !== 'inspect') return '';
  return JSON.stringify(Object.entries(order.request).filter(([name]) => !workedOutHere.has(name)));
}

/** One part of a mix. */
export interface MixPart {
  readonly jobId: string;
  readonly name: string;
  readonly gainDb: number;
  /** -1 left, 1 right. */
  readonly pan: number;
  readonly isMuted: boolean;
}

/** The takes that are heard now, as files: mix, stems, FLAC, and the clip with its picture untouched. */
export function mixOrder(
  mediaId: string,
  form: FormState,
  parts: readonly MixPart[],
  name: string,
): JobOrderInput {
  const setting = (wanted: string): unknown => {
    const field = form.fields.find((candidate) => candidate.name === wanted);
    return field && currentValue(field, form.settings);
  };
  const original = setting('original');
  const order = {
    kind: 'mix',
    mediaId,
    name,
    tracks: parts.map((part) => ({
      jobId: part.jobId,
      name: part.name,
      gain: part.gainDb,
      pan: part.pan,
      isMuted: part.isMuted,
    })),
    original,
    ...(original === 'mix' ? { originalGain: setting('originalGain') } : {}),
    loudness: setting('loudness'),
    container: setting('container'),
  };
  return order as JobOrderInput;
}

/** Tells requests apart that make other sounds: without seed and number of takes, and with the edited timing. */
export function signatureOf(
  request: Readonly<Record<string, unknown>>,
  spans: readonly Span[] | null,
): string {
  const { seed: _, takes: __, originalGain: ___, ...rest } = request;
  const defined = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  return JSON.stringify([defined.sort(([a], [b]) => (a < b ? -1 : 1)), spans]);
}
