/** @file From an order of a client to the request of the one schema, and back to a command line. */
import { type FoleyRequest, parseRequest } from '../foley/request.js';
import { requestFields } from '../foley/request-fields.js';
import { type JobOrder, publicRequestSchema } from './contract.js';
import type { ServiceLimits } from './limits.js';
import { ServiceError } from './service-error.js';

/** What the server adds to what a client asks for. */
export interface RequestSurroundings {
  readonly video: string;
  readonly outDir: string | null;
  readonly cacheDir: string;
  readonly threads: number;
  readonly memoryLimit: number;
}

type SeeingOrder = Extract<JobOrder, { kind: 'generate' | 'inspect' }>;

/** @throws FoleyError `usage` where fields do not fit each other */
export function foleyRequestOf(order: SeeingOrder, around: RequestSurroundings): FoleyRequest {
  const timing = order.kind === 'generate' && order.timing !== null ? { timing: order.timing } : {};
  return parseRequest({ ...order.request, ...timing, ...around }, (name) =>
    name === 'timing' ? 'timing' : `request.${name}`,
  );
}

/** Checks what the schema alone cannot say. @throws ServiceError, FoleyError `usage` */
export function checkOrder(order: JobOrder, limits: ServiceLimits, models: readonly string[]): void {
  if (order.kind === 'mix') {
    atMost('tracks', order.tracks.length, limits.tracks);
    return;
  }
  if (!models.includes(order.request.model)) {
    throw new ServiceError('invalid-request', `there is no model "${order.request.model}" here`, {
      field: 'request.model',
      hint: `This server has ${models.join(', ')}.`,
    });
  }
  if (order.kind === 'generate') {
    atMost('request.takes', order.request.takes, limits.takes);
    atMost('request.tracks', order.request.tracks?.length ?? 1, limits.tracks);
  }
  foleyRequestOf(order, { video: 'clip', outDir: null, cacheDir: 'none', threads: 1, memoryLimit: 256 });
}

function atMost(field: string, found: number, allowed: number): void {
  if (found <= allowed) return;
  throw new ServiceError(
    'invalid-request',
    `${field}: ${found} are more than the ${allowed} that this server allows`,
    {
      field,
    },
  );
}

/**
 * The command that makes the same sound of a copy of the clip. What has no flag is read from the record of the result,
 * which lies beside it under `recordName`.
 * @param chosenLabel what the picture chose where the order names nothing: said outright, it stays the same
 */
export function commandLineOf(
  order: JobOrder,
  fileName: string,
  recordName: string,
  chosenLabel: string | null,
): string | null {
  if (order.kind === 'mix') return null;
  const command = order.kind === 'inspect' ? 'inspect' : 'generate';
  const clip = quoted(fileName);
  if (order.kind === 'generate' && (order.timing !== null || order.request.tracks !== null)) {
    return `smooth-foley generate ${clip} --from ${quoted(recordName)}`;
  }
  const given: Readonly<Record<string, unknown>> = {
    ...order.request,
    label: order.request.label ?? chosenLabel,
  };
  const flags = requestFields(publicRequestSchema)
    .filter(({ name, defaultValue }) => given[name] !== undefined && given[name] !== defaultValue)
    .map((field) => {
      const flag = `--${field.name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const value = given[field.name];
      if (field.kind === 'switch') return value === true ? flag : '';
      return `${flag} ${quoted(value === null ? (field.nullWord ?? '') : String(value))}`;
    });
  return ['smooth-foley', command, clip, ...flags].filter((part) => part !== '').join(' ');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./+-]+$/.test(text) && !text.startsWith('-')
    ? text
    : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A seed that was left open is drawn once, when the job is accepted: a second attempt then makes the same sound. */
export function settleSeed(order: JobOrder, draw: () => number): JobOrder {
  if (order.kind !== 'generate' || order.request.seed !== null) return order;
  return { ...order, request: { ...order.request, seed: draw() } };
}
