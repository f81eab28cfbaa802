/** @file Loads FFmpeg (node-av), which the optional peer @mediabunny/server brings, quietly. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { FoleyError, messageOf } from '../errors/foley-error.js';

export type NodeAv = typeof import('node-av');

/**
 * FFmpeg's libraries with their log switched off: what goes wrong is thrown, or it did not matter.
 * @throws FoleyError `platform-missing` when the peer is not installed or has no binary for this machine
 */
export async function loadNodeAv(): Promise<NodeAv> {
  try {
    // node-av belongs to the peer, not to us: it is looked up from where the peer lies
    const peer = createRequire(import.meta.url).resolve('@mediabunny/server');
    const path = createRequire(peer).resolve('node-av');
    const av = (await import(pathToFileURL(path).href)) as NodeAv;
    av.Log.setLevel(av.AV_LOG_QUIET);
    return av;
  } catch (cause) {
    throw codecsMissing(cause);
  }
}

/** The error of a machine without the optional codecs. */
export function codecsMissing(cause: unknown): FoleyError {
  return new FoleyError('platform-missing', `the codecs cannot be loaded: ${messageOf(cause)}`, {
    hint: 'Install them beside smooth-foley: npm install @mediabunny/server@1.59.0 (it brings FFmpeg, GPLv3).',
    cause,
  });
}
