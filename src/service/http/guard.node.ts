/** @file Who may ask: the hosts we answer to, requests from our own pages only, and the token. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../service-error.js';

export interface GuardOptions {
  /** Names and addresses, without port, that a Host header may hold. */
  readonly hosts: ReadonlySet<string>;
  /** Null: whoever reaches us may ask; only on loopback. */
  readonly token: string | null;
}

/** What a guard reads of a request. */
export interface GuardedRequest {
  readonly method: string;
  readonly header: (name: string) => string | undefined;
  readonly remoteAddress: string;
}

export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
export const sessionCookie = 'smooth-foley-session';
const sessionSeconds = 12 * 3600;

/** Methods that change nothing. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Refuses what a page of another site makes a browser send. A rebound name fails on the Host list; everything else
   * fails on what browsers say of a request's origin. Programs say nothing of it and pass.
   * @throws ServiceError `forbidden`
   */
  checkOrigin({ method, header }: GuardedRequest): void {
    const host = header('host') ?? '';
    if (!this.#options.hosts.has(hostName(host))) {
      throw new ServiceError(
        'forbidden',
        `this server does not answer to the host ${JSON.stringify(host.slice(0, 200))}`,
        {
          hint: 'Name it with --allow-host, if it is yours.',
        },
      );
    }
    const site = header('sec-fetch-site');
    const isOwn = site === undefined || site === 'same-origin' || site === 'none';
    const isFollowedLink = header('sec-fetch-mode') === 'navigate' && safeMethods.has(method);
    if (!isOwn && !isFollowedLink) throw fromElsewhere();
    const origin = header('origin');
    if (origin !== undefined && !isSameOrigin(origin, host)) throw fromElsewhere();
  }

  /**
   * Checks the token, in a header or in the cookie that was traded for it.
   * @returns who asks, for limits: never the token itself
   * @throws ServiceError `unauthorized`
   */
  checkToken(request: GuardedRequest, nowMs: number = Date.now()): string {
    const { token } = this.#options;
    if (token === null) return `address:${request.remoteAddress}`;
    const bearer = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(request.header('authorization') ?? '')?.[1];
    const cookie = cookieValue(request.header('cookie') ?? '');
    const isKnown = bearer !== undefined ? this.isToken(bearer) : this.#isSession(cookie, nowMs);
    if (isKnown) return `token:${digest(token).toString('hex').slice(0, 12)}`;
    throw new ServiceError('unauthorized', 'this server needs its token', {
      hint: 'Send it as Authorization: Bearer TOKEN.',
    });
  }

  /** Compares in a time that does not depend on where the texts differ. */
  isToken(given: string): boolean {
    return this.#options.token !== null && timingSafeEqual(digest(given), digest(this.#options.token));
  }

  /** The value of a Set-Cookie header: a session that ends by itself and holds nothing of the token. */
  sessionCookie(isSecure: boolean, nowMs: number = Date.now()): string {
    const expires = Math.floor(nowMs / 1000) + sessionSeconds;
    return setCookie(`${expires}.${this.#signature(expires)}`, sessionSeconds, isSecure);
  }

  endSession(isSecure: boolean): string {
    return setCookie('', 0, isSecure);
  }

  #isSession(cookie: string | undefined, nowMs: number): boolean {
    const [, expires, signature] = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(cookie ?? '') ?? [];
    if (expires === undefined || signature === undefined || Number(expires) * 1000 < nowMs) return false;
    return timingSafeEqual(
      Buffer.from(signature, 'hex'),
      Buffer.from(this.#signature(Number(expires)), 'hex'),
    );
  }

  #signature(expires: number): string {
    return createHmac('sha256', digest(`session of ${this.#options.token}`))
      .update(String(expires))
      .digest('hex');
  }
}

/** `example.org:8080` -> `example.org`; `[::1]:80` -> `[::1]`. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d{1,5}$/, '');
}

function isSameOrigin(origin: string, host: string): boolean {
  try {
    return (
      new URL(origin).host === new URL(`http://${host}`).host || new URL(origin).host === host.toLowerCase()
    );
  } catch {
    return false; // "null", or no address at all
  }
}

function fromElsewhere(): ServiceError {
  return new ServiceError('forbidden', 'requests from pages of other sites are refused');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function cookieValue(cookies: string): string | undefined {
  for (const pair of cookies.slice(0, 8192).split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === sessionCookie) return value;
  }
  return undefined;
}

function setCookie(value: string, maxAgeSeconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${sessionCookie}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** Sent with every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};
