/** @file Opens on Node what a request needs: its model on an engine, the embedding cache, and clips from files. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddingCache, hashFile } from '../conditions/embedding-cache.node.js';
import { defaultTimelineSpec } from '../conditions/timeline.js';
import type { Engine } from '../engine/engine.js';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import type { ImagePreprocessing } from '../models/image-preprocessing.js';
import { frameStream } from '../video/frame-stream.node.js';
import { openMedia } from '../video/open-media.node.js';
import { readSoundtrack } from '../video/soundtrack.node.js';
import { hashModel, type ModelBundle, openModelBundle } from './model-bundle.node.js';
import type { FoleyRequest } from './request.js';
import { createSmallEncoder } from './small-encoder.js';
import type { FoleyStations } from './stations.js';
import { createSynthesizer } from './synthesizer.js';

/** Stations with what has to be closed behind them. */
export interface OpenStations extends FoleyStations {
  close(): Promise<void>;
}

/** EfficientNet-Lite's (x - 127) / 128 (tensorflow/tpu efficientnet lite); stretched, so that the edges are seen, too. */
export const smallImagePreprocessing: ImagePreprocessing = {
  imageSize: 224,
  fit: 'stretch',
  mean: [127 / 255, 127 / 255, 127 / 255],
  deviation: [128 / 255, 128 / 255, 128 / 255],
};

/** Opens everything; weights are mapped, and sessions compiled, when first used. */
export async function openStations(request: FoleyRequest): Promise<OpenStations> {
  const bundle = await openModelBundle(request.model);
  const provenance = await hashModel(bundle.folder);
  const engine = createOrtEngine({
    device: request.device,
    ...(request.threads === null ? {} : { threads: request.threads }),
  });
  const imageHash = provenance.files.find(({ file }) => file === 'image_encoder.safetensors')!.sha256;
  const encoder = createBundleEncoder(bundle, imageHash, engine);
  const { mel } = bundle.config;
  return {
    provenance,
    mel,
    timeline: {
      ...defaultTimelineSpec,
      sampleRateHz: mel.sampleRateHz,
      hopSamples: mel.hopSamples,
      columns: mel.columns,
    },
    encoder,
    synthesizer: createSynthesizer(bundle.config, bundle.parameters, encoder, engine),
    embeddingCache: request.cacheDir === 'none' ? null : createEmbeddingCache(embeddingFolder(request)),
    openClip: openClipFile,
    close: () => engine.close(),
  };
}

/**
 * The encoders of a bundle.
 * @param imageHash SHA-256 of the image tower's weights: the cache key names it
 */
export function createBundleEncoder(bundle: ModelBundle, imageHash: string, engine: Engine) {
  const preprocessing = { ...smallImagePreprocessing, imageSize: bundle.config.imageEncoder.imageSize };
  return createSmallEncoder(
    {
      id: `${bundle.config.imageEncoder.kind}/${preprocessing.fit}${preprocessing.imageSize}/${imageHash.slice(0, 16)}`,
      tokens: bundle.config.textEncoder.tokens,
      text: bundle.textEncoder,
      tokenizer: bundle.tokenizer,
      image: bundle.imageEncoder,
      preprocessing,
    },
    engine,
  );
}

/** A clip in a file. */
export async function openClipFile(path: string, signal?: AbortSignal) {
  const media = await openMedia(path, signal ? { signal } : {});
  let hash: Promise<string> | null = null;
  return {
    path,
    media,
    facts: media.facts,
    soundtrack: async (soundSignal?: AbortSignal) =>
      media.audioTracks.length === 0
        ? null
        : readSoundtrack(media, soundSignal ? { signal: soundSignal } : {}),
    contentHash: () => {
      hash ??= hashFile(path);
      return hash;
    },
    frames: (options: Parameters<typeof frameStream>[1]) => frameStream(media, options),
    close: () => media.close(),
  };
}
export type ClipFile = Awaited<ReturnType<typeof openClipFile>>;

/** Where embeddings are kept: as asked, or in the user's cache folder. */
function embeddingFolder(request: FoleyRequest): string {
  const root =
    request.cacheDir ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smooth-foley');
  return join(root, 'embeddings');
}
