/** @file One request to the hub: redirects followed with care, the token kept to the hub, statuses told as what they mean. */
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { HubSettings } from './hub-settings.node.js';
import { PassingFailure, retryAfterOf } from './passing-failure.js';
import { guardAgainstStall, type StallGuard } from './stall-guard.js';

/** An answer whose body is still to be read. */
export interface HubResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Of the hub itself; differs from `headers` when it sent us on to where the files are. */
  readonly hubHeaders: Headers;
  /** The body, guarded: a transfer that stands still fails. @throws PassingFailure, cancelled */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection up. */
  discard(): Promise<void>;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** What is asked for, for messages: a file or a repository. */
  readonly what: string;
  readonly repository: string;
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
}

const mostRedirects = 8;
const redirects = new Set([301, 302, 303, 307, 308]);
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Failures of the encryption do not pass, and must not be worked around. */
const certificateCode = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_SSL_)/;

/**
 * Sends a GET request. The token goes to the hub's own origin and nowhere else, and over plain HTTP only to this
 * machine.
 *
 * @param path behind the endpoint, beginning with a slash, or a full address of the hub's own origin
 * @throws PassingFailure for what may pass, network-failed, model-missing, cancelled
 */
export async function requestFromHub(
  settings: HubSettings,
  fetchPage: typeof fetch,
  path: string,
  options: RequestOptions,
): Promise<HubResponse> {
  const endpoint = new URL(settings.endpoint);
  let url = new URL(path.startsWith('/') ? settings.endpoint + path : path);
  let hubHeaders: Headers | null = null;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const guard = guardAgainstStall(settings.stallSeconds);
    const response = await send(fetchPage, url, endpoint, guard, options).catch((thrown: unknown) => {
      guard.end();
      throw thrown;
    });
    hubHeaders ??= response.headers;
    const discard = async (): Promise<void> => {
      guard.end();
      await response.body?.cancel().catch(() => {}); // it may have failed already
    };
    if (!redirects.has(response.status)) {
      if (!response.ok && response.status !== 416) {
        await discard();
        throw failureOf(response, options, settings);
      }
      return {
        status: response.status,
        headers: response.headers,
        hubHeaders,
        body: guardedBody(response, guard, url, options),
        discard,
      };
    }
    await discard();
    url = redirectTarget(response, url, options);
  }
  throw new FoleyError(
    'network-failed',
    `${options.what}: the hub redirects more than ${mostRedirects} times`,
  );
}

async function send(
  fetchPage: typeof fetch,
  url: URL,
  endpoint: URL,
  guard: StallGuard,
  { headers, token, signal, what }: RequestOptions,
): Promise<Response> {
  try {
    return await fetchPage(url, {
      redirect: 'manual',
      signal: anyOf(signal, guard.signal),
      headers: {
        'user-agent': 'smooth-foley',
        // compressed bodies have neither the announced length nor ranges
        'accept-encoding': 'identity',
        ...headers,
        ...(token !== null && mayHaveToken(url, endpoint) ? { authorization: `Bearer ${token}` } : {}),
      },
    });
  } catch (thrown) {
    throw transferFailure(thrown, guard, url, what, signal, true);
  }
}

/** Whether the token may be sent to an address. */
function mayHaveToken(url: URL, endpoint: URL): boolean {
  const isThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.origin === endpoint.origin && (url.protocol === 'https:' || isThisMachine);
}

/** Addresses of storage carry signatures in their query: messages name the host alone. */
function redirectTarget(response: Response, from: URL, { what }: RequestOptions): URL {
  const location = response.headers.get('location') ?? '';
  if (!URL.canParse(location, from)) {
    throw new FoleyError('network-failed', `${what}: ${from.host} redirects to nowhere`);
  }
  const target = new URL(location, from);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    throw new FoleyError(
      'network-failed',
      `${what}: ${from.host} redirects to ${target.protocol}, which is not followed`,
      {
        hint: 'Nothing was read from there. Check HF_ENDPOINT.',
      },
    );
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new FoleyError(
      'network-failed',
      `${what}: ${from.host} redirects from https to http, which is not followed`,
      {
        hint: 'Somebody between here and the hub may be reading along.',
      },
    );
  }
  return target;
}

async function* guardedBody(
  response: Response,
  guard: StallGuard,
  url: URL,
  { what, signal }: RequestOptions,
): AsyncGenerator<Uint8Array> {
  try {
    if (response.body === null) return;
    for await (const chunk of response.body) {
      guard.received(chunk.byteLength);
      yield chunk;
    }
  } catch (thrown) {
    throw transferFailure(thrown, guard, url, what, signal, false);
  } finally {
    guard.end();
  }
}

function transferFailure(
  thrown: unknown,
  guard: StallGuard,
  url: URL,
  what: string,
  signal: AbortSignal | undefined,
  isConnecting: boolean,
): unknown {
  if (signal?.aborted)
    return new FoleyError('cancelled', `${what}: the download was interrupted`, {
      hint: 'Run the command again: it goes on from there.',
      cause: signal.reason,
    });
  if (guard.hasStalled) {
    return new PassingFailure(
      `${what}: ${url.host} ${isConnecting ? 'did not answer' : 'stopped sending'} in time`,
      {
        hint: 'HF_HUB_DOWNLOAD_TIMEOUT sets how many seconds it is given.',
      },
    );
  }
  if (thrown instanceof FoleyError || !(thrown instanceof Error)) return thrown;
  const cause = thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (certificateCode.test(code)) {
    return new FoleyError(
      'network-failed',
      `${what}: the certificate of ${url.host} cannot be trusted (${code})`,
      {
        hint: 'NODE_EXTRA_CA_CERTS names a file with the certificates of a company network.',
        cause: thrown,
      },
    );
  }
  return isConnecting
    ? new PassingFailure(`${what}: ${url.host} cannot be reached (${code || messageOf(cause)})`, {
        hint: 'Check the network. Behind a mirror, HF_ENDPOINT names its address.',
        isUnreachable: ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(
          code,
        ),
        cause: thrown,
      })
    : new PassingFailure(`${what}: ${url.host} broke off (${code || messageOf(cause)})`, { cause: thrown });
}

function failureOf(
  response: Response,
  { what, repository, token }: RequestOptions,
  settings: HubSettings,
): FoleyError {
  const { status, headers } = response;
  const page = `${settings.endpoint}/${repository}`;
  if (passing.has(status)) {
    const retryAfterSeconds = retryAfterOf(headers.get('retry-after'), Date.now());
    return status === 429
      ? new PassingFailure(`${what}: the hub is asked too often (429)`, {
          retryAfterSeconds,
          hint: `${retryAfterSeconds === null ? 'Try again later.' : `It wants ${retryAfterSeconds} s of quiet.`} A token in HF_TOKEN raises the limit.`,
        })
      : new PassingFailure(`${what}: the hub answered ${status}`, {
          retryAfterSeconds,
          hint: 'Try again later.',
        });
  }
  const hubCode = headers.get('x-error-code');
  if (hubCode === 'GatedRepo' || status === 403) {
    return new FoleyError(
      'model-missing',
      `${what}: access to ${repository} has to be asked for (${status})`,
      {
        hint: `Accept its licence at ${page}, then ${token === null ? 'put a token into HF_TOKEN' : 'use a token of that account in HF_TOKEN'}.`,
      },
    );
  }
  if (status === 401 || hubCode === 'RepoNotFound') {
    const who = token === null ? 'those without a token' : 'the account of the token';
    return new FoleyError('model-missing', `${what}: the hub shows no ${repository} to ${who} (${status})`, {
      hint:
        token === null
          ? `Check the name. If ${page} exists, accept its licence there and put a token into HF_TOKEN.`
          : `Check the name, the token in HF_TOKEN, and ${page}.`,
    });
  }
  if (status === 404) {
    const reason = hubCode === 'RevisionNotFound' ? 'has no such revision' : 'does not have it';
    return new FoleyError('model-missing', `${what}: the hub ${reason} (404)`, { hint: `Look at ${page}.` });
  }
  return new FoleyError('network-failed', `${what}: the hub answered ${status}`, {
    hint: `Look at ${page}.`,
  });
}

function anyOf(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal === undefined ? other : AbortSignal.any([signal, other]);
}
