/** @file Requests in files: the record of a result, or a request written by hand or by the studio. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { FoleyError, messageOf } from '../errors/foley-error.js';

const sidecar = z.looseObject({
  format: z.literal('smooth-foley.result/1'),
  request: z.record(z.string(), z.unknown()),
  chosenLabel: z.looseObject({ label: z.string() }).nullish(),
});
const plain = z.record(z.string(), z.unknown());

/**
 * The fields of the request in a file, not yet checked. Of a result, whether it may be replaced is for the new call to say,
 * and a label that the picture chose stays: another model, or another part of the clip, might choose another.
 * @throws input-missing, input-rejected
 */
export async function readRequestFile(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-missing', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${path} is not JSON`, { cause });
  }
  const result = sidecar.safeParse(json);
  if (result.success) {
    const { overwrite: _, ...request } = result.data.request;
    const { chosenLabel } = result.data;
    const isOpen = (request.label ?? null) === null && (request.tracks ?? null) === null;
    return isOpen && chosenLabel ? { ...request, label: chosenLabel.label } : request;
  }
  const request = plain.safeParse(json);
  if (!request.success || 'request' in request.data)
    throw new FoleyError(
      'input-rejected',
      `${path} is neither a result of smooth-foley generate nor a request`,
    );
  return request.data;
}
