/** @file Loads the optional codecs (FFmpeg through @mediabunny/server) quietly, or says how to install them. */
import { Logging, LogLevel } from 'mediabunny';
import { registerLibFlac } from '../audio/flac-writer.js';
import { codecsMissing, loadNodeAv, type NodeAv } from '../audio/node-av.node.js';

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
  const av = await loadNodeAv();
  const server = await import('@mediabunny/server').catch((cause: unknown) => {
    throw codecsMissing(cause);
  });
  await registerLibFlac();
  // No hardware context: probing for one is what prints warnings, and software decoding is the same everywhere.
  server.registerMediabunnyServer({ hardwareContext: null });
  silenceMediabunny();
  return { av };
}

/** Container parsing needs no codec, but warns on the console about what it skips. */
export function silenceMediabunny(): void {
  Logging.level = LogLevel.Silent;
}
