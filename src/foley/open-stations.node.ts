/** @file Opens on Node what a request needs: its model on an engine, the embedding cache, and clips from files. */
import { createHash } from 'node:crypto';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddingCache, hashFile } from '../conditions/embedding-cache.node.js';
import { defaultTimelineSpec } from '../conditions/timeline.js';
import type { Engine } from '../engine/engine.js';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { createParallelEngine } from '../engine/parallel-engine.node.js';
import { latentStride } from '../models/autoencoder.js';
import type { ImageTextEncoder } from '../models/image-text-encoder.js';
import { frameStream } from '../video/frame-stream.node.js';
import { openMedia } from '../video/open-media.node.js';
import { readSoundtrack } from '../video/soundtrack.node.js';
import { digestOf, type FileDigest } from './model/file-digests.node.js';
import { type AssembledModel, findModel } from './model/find-model.node.js';
import type { FoundModel } from './model/found-model.js';
import { needsOf, seeingNeeds } from './model/model-needs.js';
import { type EncoderSettings, openPromptReader, openSight } from './model/open-encoders.node.js';
import { openSynthesizerParts } from './model/open-parts.node.js';
import type { FoleyRequest } from './request.js';
import { speedDefaults, speedOf } from './speed.js';
import type { FoleyStations, ModelProvenance, SeeingStations } from './stations.js';
import { createSynthesizer, isThreadSensitive } from './synthesizer.js';

/** Stations with what has to be closed behind them. */
export type Closable<S> = S & { close(): Promise<void> };

/** Opens what it takes to see: the encoders alone. */
export async function openSeeingStations(request: FoleyRequest): Promise<Closable<SeeingStations>> {
  const model = await findModel(request, () => seeingNeeds);
  const digests = await digestsOf(model, request, (file) => file.startsWith('image_encoder'));
  const engine = isThreadSensitive(model.config) ? openParallelEngine(request) : openEngine(request);
  const sight = await openSight(model, engine, encoderSettings(request, model, digests));
  return { ...seeingStations(request, model, sight), close: () => engine.close() };
}

/** Opens the whole model; weights are mapped, and sessions compiled, when they are first used. */
export async function openStations(request: FoleyRequest): Promise<Closable<FoleyStations>> {
  const model = await findModel(request, (defaults) => needsOf(request, defaults));
  const parameters = await openSynthesizerParts(model);
  const digests = await digestsOf(model, request, () => true);
  const engine = openEngine(request);
  const networkEngine = isThreadSensitive(model.config) ? openParallelEngine(request) : engine;
  const settings = encoderSettings(request, model, digests);
  const sight = await openSight(model, networkEngine, settings);
  const reader = await openPromptReader(model, networkEngine, settings, sight);
  return {
    ...seeingStations(request, model, sight),
    provenance: provenanceOf(model, digests),
    mel: model.config.mel,
    synthesizer: createSynthesizer(model.config, parameters, reader, engine, networkEngine),
    close: async () => {
      await engine.close();
      if (networkEngine !== engine) await networkEngine.close();
    },
  };
}

function openEngine({ device, threads }: FoleyRequest): Engine {
  return createOrtEngine({ device, ...(threads === null ? {} : { threads }) });
}

/** More threads would each hold sessions of their own, and there are seldom more runs at once. */
const mostParallelThreads = 4;

/** For networks whose results would depend on the threads inside an operation: whole runs on a thread each. */
function openParallelEngine({ device, threads }: FoleyRequest): Engine {
  const count = Math.min(threads ?? availableParallelism(), mostParallelThreads);
  return device === 'cpu' && count > 1
    ? createParallelEngine({ threads: count })
    : createOrtEngine({ device, threads: 1 });
}

function seeingStations(
  request: FoleyRequest,
  { config }: FoundModel,
  encoder: ImageTextEncoder,
): SeeingStations {
  const { mel, autoencoder, frameRateHz, labelEncoder, imageEncoder } = config;
  return {
    encoder,
    readsLabels: labelEncoder !== null || imageEncoder.kind === 'efficientnet-lite0',
    defaults: config.defaults,
    speedDefaults: speedDefaults(config),
    timeline: {
      ...defaultTimelineSpec,
      sampleRateHz: mel.sampleRateHz,
      hopSamples: mel.hopSamples,
      columns: mel.columns,
      latentColumns: mel.columns / latentStride(autoencoder),
      frameRateHz,
    },
    embeddingCache:
      request.cacheDir === 'none' ? null : createEmbeddingCache(join(cacheFolder(request), 'embeddings')),
  };
}

type Digests = ReadonlyMap<string, FileDigest>;

/** Digests of a model's files, by the names that the sidecar gives them. */
async function digestsOf(
  model: FoundModel,
  request: FoleyRequest,
  isWanted: (file: string) => boolean,
): Promise<Digests> {
  const folder = request.cacheDir === 'none' ? null : join(cacheFolder(request), 'digests');
  const digests = new Map<string, FileDigest>();
  for (const [file, path] of model.files) if (isWanted(file)) digests.set(file, await digestOf(path, folder));
  return digests;
}

function encoderSettings(request: FoleyRequest, { config }: FoundModel, digests: Digests): EncoderSettings {
  const { frameBatch, tokenMerging, frameArithmetic } = speedOf(request, speedDefaults(config));
  // the embedding cache goes by it; the one file of a small tower is the name of the small tower
  const parts = [...digests].filter(([file]) => file.startsWith('image_encoder'));
  const weightsId =
    config.imageEncoder.kind === 'efficientnet-lite0'
      ? (parts.find(([file]) => file.endsWith('.safetensors'))?.[1].sha256 ?? 'none')
      : createHash('sha256')
          .update(parts.map(([file, { sha256 }]) => `${file} ${sha256}`).join('\n'))
          .digest('hex');
  return { frameBatch, tokenMerging, frameArithmetic, weightsId };
}

function provenanceOf(model: AssembledModel, digests: Digests): ModelProvenance {
  return {
    name: model.name,
    files: [...digests].map(([file, digest]) => ({ file, ...digest })),
    ...(model.licences.length === 0 ? {} : { licences: model.licences }),
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

/** Where embeddings and digests are kept: as asked, or in the user's cache folder. */
function cacheFolder(request: FoleyRequest): string {
  return request.cacheDir ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smooth-foley');
}
