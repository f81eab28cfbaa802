/** @file Bodies: JSON of a bounded size, checked against its schema. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { ServiceError } from '../service-error.js';

/** @throws ServiceError `unsupported-type`, `too-large`, `invalid-request` naming the field */
export async function readJson<S extends z.ZodType>(
  context: Context,
  schema: S,
  mostBytes: number,
): Promise<z.output<S>> {
  assertType(context, 'application/json');
  const text = await readText(context.req.raw, mostBytes);
  let json: unknown;
  try {
    json = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new ServiceError('invalid-request', 'the body is not JSON', { cause });
  }
  return checked(schema, json);
}

/** Query values against their schema. A name that comes twice is refused. */
export function readQuery<S extends z.ZodType>(context: Context, schema: S): z.output<S> {
  const query: Record<string, string> = {};
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length > 1) {
      throw new ServiceError('invalid-request', `${name} is given ${values.length} times`, { field: name });
    }
    query[name] = values[0]!;
  }
  return checked(schema, query);
}

/** A form of another site can send neither of the types that we take without asking first. */
export function assertType(context: Context, wanted: string): void {
  const given = (context.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (given === wanted) return;
  throw new ServiceError(
    'unsupported-type',
    `the body must be ${wanted}, not ${given === '' ? 'untyped' : given}`,
    {
      hint: `Send Content-Type: ${wanted}.`,
    },
  );
}

export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = issue.path.map(String).join('.');
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = unknown === undefined ? path : path === '' ? unknown : `${path}.${unknown}`;
  const problem = unknown === undefined ? issue.message : 'is not a known field';
  throw new ServiceError('invalid-request', field === '' ? problem : `${field}: ${problem}`, {
    ...(field === '' ? {} : { field }),
  });
}

async function readText(request: Request, mostBytes: number): Promise<string> {
  const tooLarge = (): ServiceError =>
    new ServiceError('too-large', `the body holds more than ${mostBytes} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) throw tooLarge();
  if (request.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > mostBytes) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new ServiceError('invalid-request', 'the body is not UTF-8');
    throw error;
  }
}
