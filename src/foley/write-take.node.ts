/** @file Writes one take into a folder: the sound, the clip with it, the sidecar, and the picture where it is wanted. */
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { basename, join } from 'node:path';
import { encodeWavChunks } from '../audio/wav-writer.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { renderPng } from '../pictures/render-svg.node.js';
import type { MediaFacts } from '../video/media-facts.js';
import { muxSoundtrack } from '../video/mux.node.js';
import { chooseOutputContainer } from '../video/output-container.js';
import { drawTake } from './draw-take.js';
import type { FoleyTake } from './generate.js';
import { mixOriginal } from './mix-original.js';
import type { ClipFile } from './open-stations.node.js';
import type { FoleyTimings, JobHooks, StageClock } from './progress.js';
import { takeName } from './result-files.node.js';
import type { SettledRequest } from './settled-request.js';
import type { FoleyStations, ModelProvenance } from './stations.js';

/** The sidecar: how a result was made, enough to make it again. */
export interface FoleySidecar {
  readonly format: 'smooth-foley.result/1';
  readonly request: SettledRequest;
  readonly seed: number;
  /** From 0. */
  readonly take: number;
  readonly windows: FoleyTake['windows'];
  readonly clip: { readonly file: string; readonly sha256: string; readonly facts: MediaFacts };
  readonly model: ModelProvenance;
  readonly versions: { readonly smoothFoley: string; readonly onnxruntime: string; readonly node: string };
  readonly platform: {
    readonly os: string;
    readonly arch: string;
    readonly cpu: string;
    readonly cores: number;
  };
  /** Seconds by stage, up to the moment of writing; stages that all takes share count in each. */
  readonly timings: FoleyTimings;
  readonly level: FoleyTake['level'];
  readonly timing: FoleyTake['timing'];
  readonly files: { readonly wav: string; readonly video: string; readonly picture: string | null };
  readonly warnings: readonly string[];
}

/** Writes `<stem>.foley.{wav,mp4,json}` (and `.png`) and tells what is in them. @throws output-failed, cancelled */
export async function writeTake(
  take: FoleyTake,
  request: SettledRequest,
  place: { readonly folder: string; readonly stem: string },
  clip: ClipFile,
  stations: FoleyStations,
  clock: StageClock,
  hooks: JobHooks,
): Promise<FoleySidecar> {
  const { signal } = hooks;
  const warnings = [...take.warnings];
  const name = takeName(place.stem, take.take, request.takes);
  const keepsOriginal = request.original === 'keep' && clip.facts.audio.length > 0;
  const container =
    request.container === 'auto' ? chooseOutputContainer(clip.facts, keepsOriginal) : request.container;
  const files = {
    wav: `${name}.wav`,
    video: `${name}.${container}`,
    picture: request.picture ? `${name}.png` : null,
  };
  const total = files.picture === null ? 2 : 3;
  let done = 0;
  const step = (): void => hooks.onProgress?.({ stage: 'write', done: ++done, total, take: take.take });

  await clock.time('write', async () => {
    await writeFileAtomic(join(place.folder, files.wav), chunksOf(take));
    step();
    let soundtrack = take.wave;
    if (request.original !== 'drop' && clip.facts.audio.length === 0) {
      warnings.push(`the clip has no sound of its own to ${request.original}`);
    } else if (request.original === 'mix') {
      const mixed = mixOriginal(take.wave, (await clip.soundtrack(signal))!, request.originalGain);
      soundtrack = mixed.wave;
      warnings.push(...mixed.warnings);
    }
    await muxSoundtrack(clip.media, {
      outputPath: join(place.folder, files.video),
      soundtrack,
      keepsOriginal,
      ...(signal ? { signal } : {}),
    });
    step();
    if (files.picture !== null) {
      const svg = await drawTake(take, request, clip, stations);
      await writeFileAtomic(join(place.folder, files.picture), renderPng(svg));
      step();
    }
  });

  const sidecar: FoleySidecar = {
    format: 'smooth-foley.result/1',
    request,
    seed: take.seed,
    take: take.take,
    windows: take.windows,
    clip: { file: basename(clip.path), sha256: await clip.contentHash(), facts: clip.facts },
    model: stations.provenance,
    versions: readVersions(),
    platform: readPlatform(),
    timings: clock.timings(),
    level: take.level,
    timing: take.timing,
    files,
    warnings,
  };
  const json = new TextEncoder().encode(`${JSON.stringify(sidecar, null, 2)}\n`);
  await writeFileAtomic(join(place.folder, `${name}.json`), json);
  return sidecar;
}

async function* chunksOf({ wave }: FoleyTake): AsyncGenerator<Uint8Array> {
  yield* encodeWavChunks(wave);
}

/** Versions that decide the bytes of a result. */
export function readVersions(): FoleySidecar['versions'] {
  const require = createRequire(import.meta.url);
  const versionIn = (path: string): string => (require(path) as { version: string }).version;
  return {
    smoothFoley: versionIn('../../package.json'),
    onnxruntime: versionIn('onnxruntime-node/package.json'),
    node: process.versions.node,
  };
}

/** The machine, in words. */
export function readPlatform(): FoleySidecar['platform'] {
  return {
    os: `${platform()} ${release()}`,
    arch: arch(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
}
