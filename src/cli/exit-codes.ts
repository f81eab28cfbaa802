/** @file What the exit status of the command line means. */
import type { FoleyErrorCode } from '../errors/foley-error.js';

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  inputRejected: 3,
  modelMissing: 4,
  /** 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

const byErrorCode: Readonly<Record<FoleyErrorCode, number>> = {
  usage: exitCodes.usage,
  'input-rejected': exitCodes.inputRejected,
  'input-missing': exitCodes.inputRejected,
  'limit-exceeded': exitCodes.inputRejected,
  'model-missing': exitCodes.modelMissing,
  'weights-invalid': exitCodes.modelMissing,
  cancelled: exitCodes.interrupted,
  'batch-incomplete': exitCodes.failed,
  'output-exists': exitCodes.failed,
  'output-failed': exitCodes.failed,
  'graph-invalid': exitCodes.failed,
  'gradient-missing': exitCodes.failed,
  'engine-failed': exitCodes.failed,
  'platform-missing': exitCodes.failed,
  'network-failed': exitCodes.failed,
};

/** The exit status of an error. */
export function exitCodeOf(code: FoleyErrorCode): number {
  return byErrorCode[code];
}
