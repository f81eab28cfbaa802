/** @file Requests that are nearly right: routes, headers and orders of the API with something wrong in each. */
import type { RawRequest } from './raw-requests.js';

export type Random = () => number;

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

const oddTexts: readonly string[] = [
  '',
  '0',
  '-1',
  '1e309',
  'NaN',
  'null',
  'true',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  '%ff%fe',
  '%',
  'a'.repeat(2000),
  "' or 1=1; drop table smooth_foley.job; --",
  '$(touch /tmp/owned)',
  '{{7*7}}',
  '<script>alert(1)</script>',
  'http://169.254.169.254/latest/meta-data/',
  'file:///etc/passwd',
  '\u202e\u0000\ud800',
  '😀'.repeat(100),
  '__proto__',
  'constructor',
];
const oddValues: readonly unknown[] = [
  ...oddTexts,
  null,
  true,
  0,
  -1,
  1e308,
  4294967296,
  0.1,
  [],
  {},
  [[[[]]]],
  { __proto__: { isAdmin: true } },
  { toString: 1 },
];
const methods = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];

/** `id`s that are well formed but nobody's, or not formed at all. */
function anyId(random: Random, real: readonly string[]): string {
  const kind = random();
  if (kind < 0.3) return pick(random, real);
  if (kind < 0.6) return Array.from({ length: 22 }, () => pick(random, [...'ABCxyz019-_'])).join('');
  return encodeURIComponentLoosely(pick(random, oddTexts));
}

/** Node refuses to send some characters at all; those go as escapes. */
function encodeURIComponentLoosely(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, (character) => {
    try {
      return encodeURIComponent(character);
    } catch {
      return '%ed%a0%80'; // half of a surrogate pair
    }
  });
}

/** One fuzzed request. @param real ids that exist @param order an order that would be accepted */
export function fuzzedRequest(
  random: Random,
  templates: readonly string[],
  real: readonly string[],
  order: object,
): RawRequest {
  const method = pick(random, methods);
  // what is there may be asked for and changed, but the clip is still needed
  const ids = method === 'DELETE' ? ['AAAAAAAAAAAAAAAAAAAAAA'] : real;
  const path = pick(random, templates).replaceAll(/:\w+/g, () => anyId(random, ids));
  const query =
    random() < 0.4
      ? `?${Array.from({ length: 1 + Math.floor(random() * 3) }, () => `${pick(random, ['limit', 'before', 'state', 'kind', 'mediaId', 'frames', 'height', 'points', 'columns', 'x', '__proto__'])}=${encodeURIComponentLoosely(pick(random, oddTexts))}`).join('&')}`
      : '';
  const headers: Record<string, string> = { host: 'localhost' };
  if (random() < 0.1)
    headers.host = pick(random, ['evil.example', 'localhost:99999999', '', '[::1', 'localhost.evil.example']);
  if (random() < 0.1)
    headers.origin = pick(random, ['null', 'https://evil.example', 'http://localhost', 'x']);
  if (random() < 0.1)
    headers['sec-fetch-site'] = pick(random, ['cross-site', 'same-site', 'same-origin', 'none', 'x']);
  if (random() < 0.2)
    headers.range = pick(random, [
      'bytes=0-',
      'bytes=5-1',
      'bytes=-0',
      'bytes=99999999999-',
      'bytes=0-0,1-1',
      'x',
      `bytes=${'9'.repeat(400)}-`,
    ]);
  if (random() < 0.2)
    headers['last-event-id'] = pick(random, ['0', '-1', '1e9', 'x', '9'.repeat(300), '٣']).replaceAll(
      /[^\x20-\x7e]/g,
      '?',
    );
  if (random() < 0.2)
    headers['upload-offset'] = pick(random, ['0', '-1', 'x', '1e3', '9007199254740993', '']);
  if (random() < 0.2) headers['idempotency-key'] = pick(random, ['', 'k', 'x'.repeat(5000), "'; --"]);
  if (random() < 0.1)
    headers.authorization = pick(random, ['Bearer x', 'Basic eDp4', `Bearer ${'x'.repeat(5000)}`, '']);
  if (random() < 0.1)
    headers.cookie = pick(random, [
      'smooth-foley-session=1.0',
      'smooth-foley-session=9999999999.'.padEnd(100, 'a'),
      '=;=;=',
    ]);
  if (random() < 0.05) headers['content-encoding'] = pick(random, ['gzip', 'br', 'x']);
  if (method === 'GET' || method === 'HEAD' || random() < 0.1) return { method, path: path + query, headers };
  headers['content-type'] = pick(random, [
    'application/json',
    'application/json',
    'application/json; charset=utf-7',
    'text/plain',
    'multipart/form-data',
    'application/octet-stream',
    '',
  ]);
  const body = fuzzedBody(random, order);
  // a length, so that nothing but the request itself is odd
  headers['content-length'] = String(Buffer.byteLength(body));
  return { method, path: path + query, headers, body };
}

function fuzzedBody(random: Random, order: object): string {
  const kind = random();
  const text = JSON.stringify(order);
  if (kind < 0.15) return text.slice(0, Math.floor(random() * text.length));
  if (kind < 0.3) {
    const at = Math.floor(random() * text.length);
    return (
      text.slice(0, at) + pick(random, ['"', '{', ']', ',', '\\', '\u0000', '1e999']) + text.slice(at + 1)
    );
  }
  if (kind < 0.35) return '['.repeat(5000);
  if (kind < 0.4) return JSON.stringify(pick(random, oddValues)) ?? '';
  return JSON.stringify(changed(random, order));
}

/** The order with one value, somewhere in it, replaced, removed or added. */
function changed(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.15) return pick(random, oddValues);
  const entries = Object.entries(value);
  if (entries.length === 0) return pick(random, oddValues);
  const [name] = pick(random, entries);
  const kind = random();
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === name ? changed(random, item) : item));
  if (kind < 0.2) return Object.fromEntries(entries.filter(([key]) => key !== name));
  if (kind < 0.4)
    return JSON.parse(
      `{"${pick(random, ['__proto__', 'constructor', 'isAdmin', 'state', 'client', 'queue_id'])}":${JSON.stringify(pick(random, oddValues)) ?? '1'},${JSON.stringify(value).slice(1)}`,
    ) as unknown;
  return Object.fromEntries(entries.map(([key, item]) => [key, key === name ? changed(random, item) : item]));
}
