/** @file Opens on Node what a request needs: its model on an engine, the embedding cache, and clips from files. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddingCache, hashFile } from '../conditions/embedding-cache.node.js';
import { defaultTimelineSpec } from '../conditions/timeline.js';
import type { Engine } from '../engine/engine.js';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { FoleyError } from '../errors/foley-error.js';
import { createSmallEncoder, type SmallEncoder } from '../models/small-image-text-encoder.js';
import { frameStream } from '../video/frame-stream.node.js';
import { openMedia } from '../video/open-media.node.js';
import { readSoundtrack } from '../video/soundtrack.node.js';
import {
  hashModel,
  type ModelFolder,
  openEncoders,
  openModelFolder,
  openSynthesizerParameters,
} from './model-bundle.node.js';
import type { FoleyRequest } from './request.js';
import { speedDefaults, speedOf } from './speed.js';
import type { FoleyStations, SeeingStations } from './stations.js';
import { createSynthesizer, isThreadSensitive } from './synthesizer.js';

/** Stations with what has to be closed behind them. */
export type Closable<S> = S & { close(): Promise<void> };

/** Opens what it takes to see: the encoders alone. */
export async function openSeeingStations(request: FoleyRequest): Promise<Closable<SeeingStations>> {
  const model = await openModelFolder(request.model);
  const engine = openEngine(request);
  const imageHash = await hashFile(join(model.folder, 'image_encoder.safetensors'));
  const { encoder, ...stations } = await seeingStations(request, model, imageHash, engine);
  return { ...stations, encoder, close: () => engine.close() };
}

/** Opens the whole model; weights are mapped, and sessions compiled, when they are first used. */
export async function openStations(request: FoleyRequest): Promise<Closable<FoleyStations>> {
  const model = await openModelFolder(request.model);
  const parameters = await openSynthesizerParameters(model);
  const provenance = await hashModel(model.folder);
  const engine = openEngine(request);
  const networkEngine = isThreadSensitive(model.config) ? openEngine({ ...request, threads: 1 }) : engine;
  const imageHash = provenance.files.find(({ file }) => file === 'image_encoder.safetensors')!.sha256;
  const { encoder, ...stations } = await seeingStations(request, model, imageHash, engine);
  return {
    ...stations,
    encoder,
    provenance,
    mel: model.config.mel,
    synthesizer: createSynthesizer(model.config, parameters, encoder, engine, networkEngine),
    close: async () => {
      await engine.close();
      if (networkEngine !== engine) await networkEngine.close();
    },
  };
}

function openEngine({ device, threads }: FoleyRequest): Engine {
  return createOrtEngine({ device, ...(threads === null ? {} : { threads }) });
}

/** @param imageHash SHA-256 of the image tower's weights: the embedding cache goes by it */
async function seeingStations(
  request: FoleyRequest,
  model: ModelFolder,
  imageHash: string,
  engine: Engine,
): Promise<SeeingStations & { readonly encoder: SmallEncoder }> {
  const { mel, textEncoder } = model.config;
  const defaults = speedDefaults(model.config);
  const { frameBatch, tokenMerging } = speedOf(request, defaults);
  if (tokenMerging > 0) {
    throw new FoleyError(
      'usage',
      `token merging ${tokenMerging} needs an image encoder that is a vision transformer`,
      {
        hint: `The one of ${request.model} is not.`,
      },
    );
  }
  const encoder = createSmallEncoder({
    engine,
    ...(await openEncoders(model)),
    tokens: textEncoder.tokens,
    weightsId: imageHash,
    frameBatch,
  });
  return {
    encoder,
    defaults: model.config.defaults,
    speedDefaults: defaults,
    timeline: {
      ...defaultTimelineSpec,
      sampleRateHz: mel.sampleRateHz,
      hopSamples: mel.hopSamples,
      columns: mel.columns,
      frameRateHz: model.config.frameRateHz,
    },
    embeddingCache: request.cacheDir === 'none' ? null : createEmbeddingCache(embeddingFolder(request)),
  };
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
