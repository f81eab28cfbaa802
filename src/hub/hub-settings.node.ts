/** @file Where the hub and its cache are, read off the environment variables that huggingface_hub knows. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { FoleyError } from '../errors/foley-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How to reach the hub and where to keep what it gives. */
export interface HubSettings {
  /** Origin, and a path for mirrors that have one; no slash at the end. */
  readonly endpoint: string;
  /** Folder with the `models--*` folders. */
  readonly cacheFolder: string;
  /** A token out of the environment; null where a file may hold it. */
  readonly token: string | null;
  /** The file that `hf auth login` writes. */
  readonly tokenPath: string;
  /** No connection is opened. */
  readonly isOffline: boolean;
  readonly showsProgress: boolean;
  /** How long the hub may take to answer at all, and how long a download may stand still. */
  readonly stallSeconds: number;
}

const publicHub = 'https://huggingface.co';
const defaultStallSeconds = 30;

/**
 * Reads `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE`, `HF_ENDPOINT`,
 * `HF_HUB_DISABLE_PROGRESS_BARS`, `HF_HUB_DISABLE_IMPLICIT_TOKEN` and `HF_HUB_DOWNLOAD_TIMEOUT` (seconds).
 *
 * @throws usage when one of them cannot be used
 */
export function readHubSettings(env: Environment, isOffline = false): HubSettings {
  const home =
    pathIn(env, env.HF_HOME) ??
    join(pathIn(env, env.XDG_CACHE_HOME) ?? join(homedir(), '.cache'), 'huggingface');
  const implicitToken = !isOn(env.HF_HUB_DISABLE_IMPLICIT_TOKEN);
  return {
    endpoint: endpointOf(env.HF_ENDPOINT),
    cacheFolder: pathIn(env, env.HF_HUB_CACHE) ?? pathIn(env, env.HUGGINGFACE_HUB_CACHE) ?? join(home, 'hub'),
    token: implicitToken ? cleanToken(env.HF_TOKEN ?? env.HUGGING_FACE_HUB_TOKEN) : null,
    tokenPath: implicitToken ? (pathIn(env, env.HF_TOKEN_PATH) ?? join(home, 'token')) : '',
    isOffline: isOffline || isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
    showsProgress: !isOn(env.HF_HUB_DISABLE_PROGRESS_BARS),
    stallSeconds: secondsOf(env.HF_HUB_DOWNLOAD_TIMEOUT),
  };
}

/** A token without the line break that shells and editors leave behind it; null when nothing is left. */
export function cleanToken(text: string | undefined): string | null {
  const token = text?.replaceAll(/[\r\n]/g, '').trim() ?? '';
  return token === '' ? null : token;
}

function isOn(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

function secondsOf(value: string | undefined): number {
  if (value === undefined || value === '') return defaultStallSeconds;
  const seconds = Number(value);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new FoleyError('usage', `HF_HUB_DOWNLOAD_TIMEOUT must be seconds above 0 up to 3600, got "${value}"`);
}

function endpointOf(value: string | undefined): string {
  const text = value === undefined || value === '' ? publicHub : value;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isUsable =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username === '' &&
    url.search === '' &&
    url.hash === '';
  if (!isUsable) {
    // an endpoint with a password in it must not end up in a log
    throw new FoleyError(
      'usage',
      'HF_ENDPOINT is not an http or https address without user, query and fragment',
      {
        hint: `Without it, ${publicHub} is asked.`,
      },
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** A path with `~` and `$NAME` filled in, as huggingface_hub does; null where none was given. */
function pathIn(env: Environment, value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  const filled = value
    .replace(/^~(?=$|[\\/])/, homedir())
    .replaceAll(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (whole, braced, bare) => env[(braced ?? bare) as string] ?? (whole as string),
    );
  return resolve(filled);
}
