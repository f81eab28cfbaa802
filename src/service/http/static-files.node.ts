/** @file The files of the page: a list made once, so that no address ever becomes a path. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};
const compressible = /^(?:text\/|application\/json|image\/svg)/;

export interface StaticFile {
  /** Address without the leading part under which the folder is served. */
  readonly path: string;
  readonly type: string;
  /** Never changes under this name: the name holds a hash of the content. */
  readonly isImmutable: boolean;
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly brotli: Uint8Array | null;
  readonly gzip: Uint8Array | null;
}

/** Every file of a folder whose type is known; hidden ones and links that lead outside are left out. */
export async function readStaticFiles(folder: string): Promise<Map<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  const root = await realpath(folder);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const address = `/${relative(root, path).split(sep).join('/')}`;
    const type = types[extname(entry.name).toLowerCase()];
    if (!entry.isFile() || type === undefined || address.includes('/.')) continue;
    files.set(address, await readStaticFile(path, address, type));
  }
  return files;
}

async function readStaticFile(path: string, address: string, type: string): Promise<StaticFile> {
  const bytes = await readFile(path);
  const isText = compressible.test(type) && bytes.byteLength > 512;
  return {
    path: address,
    type,
    isImmutable: address.startsWith('/assets/'),
    etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`,
    bytes,
    brotli: isText ? await promisify(brotliCompress)(bytes) : null,
    gzip: isText ? await promisify(gzip)(bytes) : null,
  };
}

/** The form of a file that a client takes. */
export function encoded(
  file: StaticFile,
  acceptEncoding: string,
): { bytes: Uint8Array; encoding: string | null } {
  const takes = (name: string): boolean =>
    acceptEncoding.split(',').some((part) => {
      const [encoding, ...parameters] = part.split(';').map((piece) => piece.trim());
      return encoding === name && !parameters.includes('q=0');
    });
  if (file.brotli && takes('br')) return { bytes: file.brotli, encoding: 'br' };
  if (file.gzip && takes('gzip')) return { bytes: file.gzip, encoding: 'gzip' };
  return { bytes: file.bytes, encoding: null };
}
