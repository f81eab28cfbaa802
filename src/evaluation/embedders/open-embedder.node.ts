/** @file Opens an embedder by its name and the file of its weights. */
import { basename } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import { frozenParameters, type Parameters } from '../../weights/parameters.js';
import { openSafetensors } from '../../weights/safetensors-file.node.js';
import type { AudioEmbedder } from './audio-embedder.js';
import { createClapEmbedder } from './clap.js';
import { createClipFrameEmbedder } from './clip-frames.js';
import { createCnn14Embedder } from './cnn14.js';
import { createMelceptionEmbedder } from './melception.js';
import { createTaggerEmbedder, createWholeTaggerEmbedder } from './tagger-embedder.js';
import { createVggishEmbedder } from './vggish.js';
import { createWav2clipEmbedder } from './wav2clip.js';

type OpenEmbedder = (engine: Engine, parameters: Parameters, weightsId: string) => Promise<AudioEmbedder>;

const embedders = {
  tagger: createTaggerEmbedder,
  'tagger-whole': createWholeTaggerEmbedder,
  vggish: createVggishEmbedder,
  cnn14: createCnn14Embedder,
  melception: createMelceptionEmbedder,
  wav2clip: createWav2clipEmbedder,
  clap: createClapEmbedder,
} as const satisfies Record<string, OpenEmbedder>;

export type EmbedderName = keyof typeof embedders;

/** What can be opened; the weights of both taggers come with the package. */
export const embedderNames = Object.keys(embedders) as readonly EmbedderName[];

/**
 * Opens an embedder.
 *
 * @param file safetensors with the published key names
 * @throws FoleyError `input-missing`, and `weights-invalid` for a file of another network
 */
export async function openEmbedder(name: EmbedderName, file: string, engine: Engine): Promise<AudioEmbedder> {
  const parameters = frozenParameters(await openSafetensors(file));
  return embedders[name](engine, parameters, basename(file));
}

/**
 * Opens the image tower of CLIP ViT-B/32, which shares its space with the embedder `wav2clip`.
 *
 * @param file safetensors as transformers saves them, with or without the text tower
 * @throws FoleyError as `openEmbedder`
 */
export async function openClipFrames(
  file: string,
  engine: Engine,
): Promise<ReturnType<typeof createClipFrameEmbedder>> {
  return createClipFrameEmbedder(engine, frozenParameters(await openSafetensors(file)), basename(file));
}
