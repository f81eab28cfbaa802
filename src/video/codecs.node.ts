/** @file Loads the optional codecs (FFmpeg through @mediabunny/server) quietly, or says how to install them. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Logging, LogLevel } from 'mediabunny';
import { FoleyError, messageOf } from '../errors/foley-error.js';

type NodeAv = typeof import('node-av');
export type AvFrame = InstanceType<NodeAv['Frame']>;

/** FFmpeg's libraries, and mediabunny able to encode with them. */
export interface Codecs {
  readonly av: NodeAv;
}

/**
 * Registers encoders and decoders with mediabunny; calling it again costs nothing. Silences mediabunny and FFmpeg,
 * which would otherwise write to the console: what goes wrong is thrown, or it did not matter.
 *
 * @throws FoleyError 'platform-missing' when the peer is not installed or has no binary for this machine.
 */
export async function loadCodecs(): Promise<Codecs> {
  try {
    const server = await import('@mediabunny/server');
    // No hardware context: probing for one is what prints warnings, and software decoding is the same everywhere.
    server.registerMediabunnyServer({ hardwareContext: null });
    const av = await importBeside('@mediabunny/server', 'node-av');
    silenceMediabunny();
    av.Log.setLevel(av.AV_LOG_QUIET);
    return { av };
  } catch (error) {
    throw new FoleyError('platform-missing', `the video codecs cannot be loaded: ${messageOf(error)}`, {
      hint: 'Install them beside smooth-foley: npm install @mediabunny/server@1.59.0 (it brings FFmpeg, GPLv3).',
      cause: error,
    });
  }
}

/** Container parsing needs no codec, but warns on the console about what it skips. */
export function silenceMediabunny(): void {
  Logging.level = LogLevel.Silent;
}

/** node-av is a dependency of the peer, not ours: it is looked up from where the peer lies. */
async function importBeside(peer: string, name: 'node-av'): Promise<NodeAv> {
  const peerPath = createRequire(import.meta.url).resolve(peer);
  const path = createRequire(peerPath).resolve(name);
  return (await import(pathToFileURL(path).href)) as NodeAv;
}
