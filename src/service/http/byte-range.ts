/** @file Range headers of HTTP (RFC 9110, section 14), one range at most. */
import type { ByteRange } from '../blob-store.js';
import { ServiceError } from '../service-error.js';

/**
 * The range that is asked for; null means all of it: also for units, forms and several ranges that we do not serve,
 * which the RFC lets a server ignore.
 * @throws ServiceError `range-invalid` when nothing of it is there
 */
export function parseRange(header: string | undefined, byteLength: number): ByteRange | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  if (first === '') {
    const suffix = Number(last);
    if (suffix === 0 || byteLength === 0) throw outside(byteLength);
    return { start: Math.max(0, byteLength - suffix), end: byteLength - 1 };
  }
  const start = Number(first);
  const end = last === '' ? byteLength - 1 : Math.min(Number(last), byteLength - 1);
  if (last !== '' && Number(last) < start) return null;
  if (start >= byteLength) throw outside(byteLength);
  return { start, end };
}

function outside(byteLength: number): ServiceError {
  return new ServiceError('range-invalid', `the range lies outside the ${byteLength} bytes`, {
    details: { byteLength },
  });
}
