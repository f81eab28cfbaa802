/** @file The one error class of the project: a stable code, a one-line message, a hint, and the cause. */

/** Every code an error can carry. The command line maps them to exit codes in `cli/exit-codes.ts`. */
export type FoleyErrorCode =
  | 'usage' // an option or request field is wrong
  | 'input-rejected' // a media, timing or weights file cannot be used
  | 'input-missing' // a file that was named does not exist
  | 'output-exists' // the overwrite policy forbids writing
  | 'output-failed' // disk full, read-only folder
  | 'model-missing' // weights are not on this machine
  | 'weights-invalid' // missing, extra or misshapen weights; damaged files
  | 'graph-invalid' // shapes or dtypes of a graph do not fit
  | 'gradient-missing' // an operation without a gradient rule is on the path
  | 'engine-failed' // the runtime refused or crashed
  | 'platform-missing' // an optional peer (codecs, GPU provider) is not installed
  | 'network-failed' // the hub did not answer, broke off, or answered what it must not
  | 'limit-exceeded' // a safety limit was hit
  | 'batch-incomplete' // some clips of a batch failed
  | 'cancelled';

export interface FoleyErrorDetails {
  /** What the reader can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Thrown by everything in smooth-foley that fails on purpose. */
export class FoleyError extends Error {
  readonly code: FoleyErrorCode;
  readonly hint: string | null;

  constructor(code: FoleyErrorCode, message: string, details: FoleyErrorDetails = {}) {
    super(
      message.replaceAll(/\s*\n\s*/g, ' '),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'FoleyError';
    this.code = code;
    this.hint = details.hint ?? null;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replaceAll(/\s*\n\s*/g, ' ').trim();
}
