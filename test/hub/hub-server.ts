/** @file A server on this machine that speaks the hub's protocol, and can be told to misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A repository to be served. Files of `large` names have SHA-256 names and come from the storage host. */
export interface ServedRepository {
  readonly id: string;
  readonly commit: string;
  readonly branch: string;
  readonly licence: string | null;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly large: readonly string[];
}

/** Answers in place of the regular one; false lets the regular one be given. */
export type Mischief = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => boolean | Promise<boolean>;

export interface Seen {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface HubServer {
  /** `http://127.0.0.1:port`, for HF_ENDPOINT. */
  readonly endpoint: string;
  /** Another origin, where large files come from. */
  readonly storage: string;
  readonly seen: Seen[];
  /** Asked before every answer. */
  mischief: Mischief | null;
  close(): Promise<void>;
}

export function gitHashOf(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that look random and are the same every time. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 255;
  }
  return bytes;
}

export function textFile(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Serves repositories: the API and small files on one port, large files on another. */
export async function serveHub(repositories: readonly ServedRepository[]): Promise<HubServer> {
  const seen: Seen[] = [];
  const server: HubServer = { endpoint: '', storage: '', seen, mischief: null, close: async () => {} };
  const answer = (
    answerRegularly: (request: IncomingMessage, response: ServerResponse, url: URL) => void,
  ) => {
    return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      seen.push({
        host: url.host,
        method: request.method ?? '',
        path: url.pathname,
        authorization: request.headers.authorization,
        range: request.headers.range,
        ifRange: request.headers['if-range'] as string | undefined,
      });
      if (server.mischief !== null && (await server.mischief(request, response, url))) return;
      answerRegularly(request, response, url);
    };
  };
  const hub = createServer(
    answer((request, response, url) => answerHub(repositories, storage(), request, response, url)),
  );
  const store = createServer(
    answer((request, response, url) => answerStorage(repositories, request, response, url)),
  );
  const storage = (): string => `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  for (const listener of [hub, store])
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  return Object.assign(server, {
    endpoint: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    storage: storage(),
    close: async () => {
      for (const listener of [hub, store]) {
        listener.closeAllConnections();
        await new Promise<void>((done) => listener.close(() => done()));
      }
    },
  });
}

function answerHub(
  repositories: readonly ServedRepository[],
  storage: string,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): void {
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(url.pathname);
  const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
  const repository = repositories.find(({ id }) => id === (api?.[1] ?? file?.[1]));
  if (!repository) {
    sendJson(response, 401, { error: 'Repository not found' }, { 'x-error-code': 'RepoNotFound' });
    return;
  }
  const revision = decodeURIComponent((api?.[3] ?? file?.[2])!);
  if (revision !== repository.commit && revision !== repository.branch) {
    sendJson(response, 404, { error: 'Invalid rev id' }, { 'x-error-code': 'RevisionNotFound' });
    return;
  }
  if (api?.[2] === 'revision') {
    sendJson(response, 200, {
      id: repository.id,
      sha: repository.commit,
      cardData: repository.licence === null ? {} : { license: repository.licence },
    });
    return;
  }
  if (api?.[2] === 'tree') {
    sendJson(response, 200, treeOf(repository));
    return;
  }
  const name = decodeURIComponent(file![3]!);
  const bytes = repository.files[name];
  if (!bytes) {
    sendJson(response, 404, { error: 'Entry not found' }, { 'x-error-code': 'EntryNotFound' });
    return;
  }
  const common = { 'x-repo-commit': repository.commit, 'content-type': 'application/octet-stream' };
  if (!repository.large.includes(name)) {
    sendBytes(request, response, bytes, { ...common, etag: `"${gitHashOf(bytes)}"` });
    return;
  }
  const sha256 = sha256Of(bytes);
  response.writeHead(302, {
    ...common,
    location: `${storage}/${sha256}?signature=secret-of-the-storage`,
    'x-linked-etag': `"${sha256}"`,
    'x-linked-size': String(bytes.byteLength),
  });
  response.end('Found. Redirecting');
}

/** The listing of a repository, as the hub's API gives it. */
export function treeOf({ files, large }: ServedRepository): Record<string, unknown>[] {
  const folders = new Set(
    Object.keys(files).flatMap((file) =>
      file
        .split('/')
        .slice(0, -1)
        .map((_, depth, parts) => parts.slice(0, depth + 1).join('/')),
    ),
  );
  return [
    ...[...folders].map((path) => ({ type: 'directory', oid: gitHashOf(textFile(path)), size: 0, path })),
    ...Object.entries(files).map(([path, bytes]) => {
      if (!large.includes(path)) return { type: 'file', oid: gitHashOf(bytes), size: bytes.byteLength, path };
      const pointer = textFile(
        `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Of(bytes)}\nsize ${bytes.byteLength}\n`,
      );
      return {
        type: 'file',
        oid: gitHashOf(pointer),
        size: bytes.byteLength,
        path,
        lfs: { oid: sha256Of(bytes), size: bytes.byteLength, pointerSize: pointer.byteLength },
      };
    }),
  ];
}

function answerStorage(
  repositories: readonly ServedRepository[],
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): void {
  const bytes = repositories
    .flatMap(({ files }) => Object.values(files))
    .find((candidate) => sha256Of(candidate) === url.pathname.slice(1));
  if (!bytes) {
    sendJson(response, 404, {});
    return;
  }
  sendBytes(request, response, bytes, {
    etag: `"storage-${sha256Of(bytes).slice(0, 8)}"`,
    'content-type': 'binary/octet-stream',
  });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(value));
}

/** Bytes, whole or from where the request says, if its If-Range still holds. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  headers: Record<string, string>,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === headers.etag;
  if (start === 0 || !isSame) {
    response.writeHead(200, { 'content-length': bytes.byteLength, ...headers });
    response.end(bytes);
    return;
  }
  if (start >= bytes.byteLength) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.byteLength}` });
    response.end();
    return;
  }
  response.writeHead(206, {
    'content-length': bytes.byteLength - start,
    'content-range': `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}`,
    ...headers,
  });
  response.end(bytes.subarray(start));
}
