/** @file A connection to the hub: settings, token and limits in one place. Offline, it refuses before anything is opened. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { FoleyError } from '../errors/foley-error.js';
import { type HubResponse, requestFromHub } from './hub-request.node.js';
import { cleanToken, type HubSettings } from './hub-settings.node.js';
import { PassingFailure, type RetryHooks, type Wait, withRetries } from './passing-failure.js';

export interface HubClient {
  readonly settings: HubSettings;
  readonly retries: RetryHooks;
  readonly signal: AbortSignal | undefined;
  /** One request, without retries. */
  open(path: string, ask: Ask): Promise<HubResponse>;
  /** A JSON document of at most `mostBytes`, tried again while failures may pass. */
  json(
    path: string,
    ask: Ask & { readonly mostBytes: number },
  ): Promise<{ value: unknown; headers: Headers }>;
}

/** What is asked for, for messages. */
export interface Ask {
  readonly what: string;
  readonly repository: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClientOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: RetryHooks['onRetry'];
  /** Tests shorten the waits. */
  readonly wait?: Wait;
  readonly fetch?: typeof fetch;
}

/** @throws model-missing when the settings say offline */
export async function openHubClient(settings: HubSettings, options: ClientOptions = {}): Promise<HubClient> {
  if (settings.isOffline) {
    throw new FoleyError('model-missing', 'the hub is not asked: this is offline', {
      hint: 'Leave out --offline and unset HF_HUB_OFFLINE to download.',
    });
  }
  const { signal } = options;
  const fetchPage = options.fetch ?? fetch;
  const token = settings.token ?? (await tokenInFile(settings.tokenPath));
  const retries: RetryHooks = { wait: options.wait ?? waitFor, signal, onRetry: options.onRetry };
  const open = (path: string, ask: Ask): Promise<HubResponse> =>
    requestFromHub(settings, fetchPage, path, { ...ask, token, signal });
  return {
    settings,
    retries,
    signal,
    open,
    json: (path, ask) =>
      withRetries(async () => {
        const response = await open(path, {
          ...ask,
          headers: { accept: 'application/json', ...ask.headers },
        });
        const text = await readText(response, ask.what, ask.mostBytes);
        return { value: parseJson(text, response.headers, ask.what), headers: response.hubHeaders };
      }, retries),
  };
}

async function tokenInFile(path: string): Promise<string | null> {
  if (path === '') return null;
  return cleanToken(await readFile(path, 'utf8').catch(() => undefined));
}

async function readText(response: HubResponse, what: string, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) {
      await response.discard();
      throw new FoleyError('limit-exceeded', `${what}: the answer is larger than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, headers: Headers, what: string): unknown {
  if (!/\bjson\b/.test(headers.get('content-type') ?? '')) {
    throw new FoleyError(
      'network-failed',
      `${what}: the answer is not JSON but ${headers.get('content-type') ?? 'of no type'}`,
      {
        hint: 'A login page of the network, or HF_ENDPOINT is not a hub.',
      },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PassingFailure(`${what}: the answer is no whole JSON`, { cause });
  }
}

async function waitFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new FoleyError('cancelled', 'the download was interrupted', { cause });
  }
}
