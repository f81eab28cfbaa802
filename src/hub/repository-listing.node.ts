/** @file What a repository holds at a revision, as the hub lists it; nothing of it is believed unchecked. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { checkFileName } from './cache-layout.js';
import type { HubClient } from './hub-client.node.js';
import { type Licence, licenceOf } from './licences.js';
import { isCommit } from './repository-id.js';

/** A file as listed. */
export interface ListedFile {
  /** Path in the repository, safe to become one here. */
  readonly file: string;
  readonly bytes: number;
  /** Name of its blob: SHA-256 of a large file, git's SHA-1 of another. */
  readonly hash: string;
  /** Git's own name of the entry, which for a large file is that of its pointer. */
  readonly gitHash: string;
}

/** A revision of a repository. */
export interface RepositoryState {
  readonly repository: string;
  /** As asked for. */
  readonly revision: string;
  readonly commit: string;
  readonly licence: Licence;
  readonly files: readonly ListedFile[];
}

const mostPageBytes = 8 * 2 ** 20;
const mostPages = 50;
const mostFiles = 20_000;
/** No model is larger; sizes beyond are lies or mistakes. */
const mostFileBytes = 2 ** 40;

const stateSchema = z.object({
  sha: z.string(),
  cardData: z
    .object({
      license: z.union([z.string(), z.array(z.string())]).nullish(),
      license_name: z.string().nullish(),
    })
    .nullish()
    .catch(null),
});
const size = z.int().min(0).max(mostFileBytes);
const gitHash = z.string().regex(/^[0-9a-f]{40}$/);
const entrySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('directory') }),
  z.object({
    type: z.literal('file'),
    path: z.string(),
    size,
    oid: gitHash,
    lfs: z.object({ oid: z.string().regex(/^(?:sha256:)?[0-9a-f]{64}$/), size }).nullish(),
  }),
]);
const pageSchema = z.array(entrySchema).max(mostFiles);

/** Asks for the commit and licence of a revision, and for all its files. @throws network-failed, model-missing, limit-exceeded */
export async function listRepository(
  client: HubClient,
  repository: string,
  revision: string,
): Promise<RepositoryState> {
  const what = `${repository} at ${revision}`;
  const address = `/api/models/${repository}`;
  const { value } = await client.json(`${address}/revision/${encodeURIComponent(revision)}`, {
    what,
    repository,
    mostBytes: mostPageBytes,
  });
  const state = parse(stateSchema, value, what);
  if (!isCommit(state.sha) || (isCommit(revision) && state.sha !== revision)) {
    throw new FoleyError(
      'network-failed',
      `${what}: the hub answered with another commit (${state.sha.slice(0, 40)})`,
    );
  }
  return {
    repository,
    revision,
    commit: state.sha,
    licence: licenceOf(statedLicence(state.cardData ?? {})),
    files: await listFiles(client, repository, `${address}/tree/${state.sha}?recursive=true`, what),
  };
}

function statedLicence(card: {
  license?: string | string[] | null | undefined;
  license_name?: string | null | undefined;
}): string {
  const stated = Array.isArray(card.license) ? card.license[0] : card.license;
  return (stated === 'other' ? (card.license_name ?? stated) : stated) ?? 'unknown';
}

async function listFiles(
  client: HubClient,
  repository: string,
  firstPage: string,
  what: string,
): Promise<ListedFile[]> {
  const files = new Map<string, ListedFile>();
  let path: string | null = firstPage;
  for (let page = 1; path !== null; page++) {
    if (page > mostPages) throw tooMany(what);
    const { value, headers } = await client.json(path, { what, repository, mostBytes: mostPageBytes });
    for (const entry of parse(pageSchema, value, what)) {
      if (entry.type !== 'file') continue;
      const file = checkFileName(entry.path);
      if (files.has(file)) throw new FoleyError('network-failed', `${what}: the hub lists ${file} twice`);
      files.set(file, {
        file,
        bytes: entry.lfs?.size ?? entry.size,
        hash: entry.lfs?.oid.replace(/^sha256:/, '') ?? entry.oid,
        gitHash: entry.oid,
      });
    }
    if (files.size > mostFiles) throw tooMany(what);
    path = nextPage(headers.get('link'), client.settings.endpoint, what);
  }
  return [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** The address behind `rel="next"`, which must be the hub's own. */
function nextPage(link: string | null, endpoint: string, what: string): string | null {
  const [, address] = /<([^<>]+)>\s*;[^,]*\brel="?next"?/.exec(link ?? '') ?? [];
  if (address === undefined) return null;
  const origin = new URL(endpoint).origin;
  if (!URL.canParse(address, origin) || new URL(address, origin).origin !== origin) {
    throw new FoleyError(
      'network-failed',
      `${what}: the listing goes on at another host, which is not followed`,
    );
  }
  return new URL(address, origin).href;
}

function tooMany(what: string): FoleyError {
  return new FoleyError(
    'limit-exceeded',
    `${what}: the listing has more than ${mostFiles} files or ${mostPages} pages`,
  );
}

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new FoleyError(
    'network-failed',
    `${what}: the hub's answer is not of the known form (${path.join('.')}: ${message})`,
    {
      hint: 'HF_ENDPOINT may not be a hub.',
    },
  );
}
