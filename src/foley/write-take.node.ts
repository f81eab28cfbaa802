/** @file Writes one take into a folder: the sound, the clip with it, the sidecar, and the picture where it is wanted. */
import { basename, join } from 'node:path';
import { serializeTiming } from '../conditions/timing-curve.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { renderPng } from '../pictures/render-svg.node.js';
import type { MediaFacts } from '../video/media-facts.js';
import { drawTake } from './draw-take.js';
import type { FoleyTake, FoleyTrack } from './generate.js';
import type { ClipFile } from './open-stations.node.js';
import type { FoleyTimings, JobHooks, StageClock } from './progress.js';
import { takeName } from './result-files.node.js';
import { throwIfCancelled } from './see-clip.js';
import type { SettledRequest } from './settled-request.js';
import type { FoleyStations, ModelProvenance } from './stations.js';
import { stemName } from './stem-name.js';
import { type Platform, readPlatform, readVersions, type Versions } from './versions.node.js';
import { writeClip } from './write-clip.node.js';
import { type SoundFiles, type SoundFormat, writeSound } from './write-sound.node.js';

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
  readonly versions: Versions;
  readonly platform: Platform;
  /** Seconds by stage, up to the moment of writing; stages that all takes share count in each. */
  readonly timings: FoleyTimings;
  readonly level: FoleyTake['level'];
  readonly timing: FoleyTake['timing'];
  /** How the sound followed the motion in the picture; null when it did not, or where tracks say it. */
  readonly followed: FoleyTake['followed'];
  /** What a label that names only a kind of thing stood for; null where it says more, or where tracks say it. */
  readonly seenAs: FoleyTake['seenAs'];
  /** What the picture chose, how surely, and what came next, where the request names nothing; else null. */
  readonly chosenLabel: FoleyTake['chosenLabel'];
  /** Of a request with several labels; null for a single one. */
  readonly tracks: readonly SidecarTrack[] | null;
  readonly files: SoundFiles & { readonly video: string; readonly picture: string | null };
  readonly warnings: readonly string[];
}

/** One track of several: how its stem was made, and how it went into the mix. */
export interface SidecarTrack {
  readonly label: string;
  readonly seed: number;
  readonly windows: FoleyTake['windows'];
  readonly level: FoleyTake['level'];
  readonly timing: FoleyTake['timing'];
  readonly followed: FoleyTake['followed'];
  readonly seenAs: FoleyTake['seenAs'];
  /** dB */
  readonly gain: number;
  readonly pan: number;
  readonly mute: boolean;
  /** The stem, before gain and pan, and its timing as a file of its own. */
  readonly files: SoundFiles & { readonly timing: string | null };
}

/**
 * Writes `<stem>.foley.{wav,mp4,json}` (and `.flac`, `.png`, and the stems and timings of several tracks) and tells what is
 * in them. @throws output-failed, cancelled
 */
export async function writeTake(
  take: FoleyTake,
  request: SettledRequest,
  { folder, stem }: { readonly folder: string; readonly stem: string },
  clip: ClipFile,
  stations: FoleyStations,
  clock: StageClock,
  hooks: JobHooks,
): Promise<FoleySidecar> {
  const { format } = request;
  const name = takeName(stem, take.take, request.takes);
  const total = 2 + (take.tracks?.length ?? 0) + (request.picture ? 1 : 0);
  let done = 0;
  const step = (): void => {
    throwIfCancelled(hooks);
    hooks.onProgress?.({ stage: 'write', done: ++done, total, take: take.take });
  };

  const written = await clock.time('write', async () => {
    const sound = await writeSound(folder, name, take.wave, format);
    step();
    const tracks: SidecarTrack[] = [];
    for (const track of take.tracks ?? []) {
      tracks.push(await writeTrack(track, folder, name, format));
      step();
    }
    const { file: video, warnings } = await writeClip(
      clip,
      take.wave,
      request,
      { folder, name },
      hooks.signal,
    );
    step();
    const picture = request.picture ? `${name}.png` : null;
    if (picture !== null) {
      const svg = await drawTake(take, request, clip, stations);
      await writeFileAtomic(join(folder, picture), renderPng(svg));
      step();
    }
    return { tracks, files: { ...sound, video, picture }, warnings };
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
    followed: take.followed,
    seenAs: take.seenAs,
    chosenLabel: take.chosenLabel,
    tracks: take.tracks === null ? null : written.tracks,
    files: written.files,
    warnings: [...take.warnings, ...written.warnings],
  };
  const json = new TextEncoder().encode(`${JSON.stringify(sidecar, null, 2)}\n`);
  await writeFileAtomic(join(folder, `${name}.json`), json);
  return sidecar;
}

async function writeTrack(
  { plan, seed, wave, windows, level, timing, followed, seenAs }: FoleyTrack,
  folder: string,
  name: string,
  format: SoundFormat,
): Promise<SidecarTrack> {
  const { label, gain, pan, mute } = plan;
  const stem = stemName(name, plan.index, label);
  const sound = await writeSound(folder, stem, wave, format);
  const timingFile = timing === null ? null : `${stem}.timing.json`;
  if (timing !== null)
    await writeFileAtomic(join(folder, timingFile!), new TextEncoder().encode(serializeTiming(timing)));
  return {
    label,
    seed,
    windows,
    level,
    timing,
    followed,
    seenAs,
    gain,
    pan,
    mute,
    files: { ...sound, timing: timingFile },
  };
}
