/** @file What goes wrong in the HTTP API: the codes, and the body that carries one. */
import { z } from 'zod';

/** Codes of the service itself; a failed job also carries the codes of `FoleyError`. */
export const serviceErrorCodes = [
  'invalid-request', // 400: body, query or header does not fit its schema
  'unauthorized', // 401: a token is needed, or it is wrong
  'forbidden', // 403: host not on the list, or a request from another site
  'not-found', // 404
  'method-not-allowed', // 405
  'conflict', // 409: the thing is in a state that does not allow this
  'offset-mismatch', // 409: an append does not start where the upload ends; `details.receivedBytes` says where
  'checksum-mismatch', // 422: the bytes are not those that were announced
  'idempotency-mismatch', // 422: the key was used for another order
  'too-large', // 413
  'unsupported-type', // 415
  'range-invalid', // 416
  'too-many', // 429: the client has too many jobs, uploads or streams open
  'timeout', // 408: the body came too slowly
  'not-ready', // 503: starting, stopping or out of space
  'interrupted', // job: its worker was lost too often
  'time-limit', // job: took longer than the server allows
  'internal', // 500: `requestId` leads to the log
] as const;
export type ServiceErrorCode = (typeof serviceErrorCodes)[number];

export const errorSchema = z.object({
  code: z.string().describe('stable; one of the codes of the service or of smooth-foley'),
  message: z.string().describe('one line'),
  hint: z.string().nullable().describe('what can be done about it'),
  field: z.string().nullable().default(null).describe('path of the field at fault, as in request.guidance'),
  details: z.record(z.string(), z.unknown()).default({}),
  requestId: z.string().nullable().default(null),
});
export const errorBodySchema = z.object({ error: errorSchema });
export type ServiceErrorInfo = z.output<typeof errorSchema>;
