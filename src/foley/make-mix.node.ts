/** @file Mixes sounds of a clip that are there already, and writes the mix, its stems and the clip with it. */
import { join } from 'node:path';
import { decodeAudioFile } from '../audio/decode-audio-file.node.js';
import { resample } from '../audio/resample.js';
import { fitSeconds, type Wave } from '../audio/wave.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import type { LevelledSound } from './level-sound.js';
import type { MixRequest } from './mix-request.js';
import { mixTracks } from './mix-tracks.js';
import type { ClipFile } from './open-stations.node.js';
import type { JobHooks } from './progress.js';
import { takeName } from './result-files.node.js';
import { throwIfCancelled } from './see-clip.js';
import { stemName } from './stem-name.js';
import { writeClip } from './write-clip.node.js';
import { type SoundFiles, writeSound } from './write-sound.node.js';

/** How a mix was made, and its files. */
export interface MixSidecar {
  readonly format: 'smooth-foley.mix/1';
  readonly request: MixRequest;
  readonly level: Omit<LevelledSound, 'wave' | 'warnings'>;
  readonly files: SoundFiles & {
    readonly video: string;
    /** In order of the tracks; empty where none were asked for. */
    readonly stems: readonly SoundFiles[];
  };
  readonly warnings: readonly string[];
}

/** Writes `<stem>.foley.{wav,mp4,json}`, and what else is asked for, into a folder. */
export async function makeMix(
  request: MixRequest,
  { folder, stem }: { readonly folder: string; readonly stem: string },
  clip: ClipFile,
  hooks: JobHooks,
): Promise<MixSidecar> {
  const { format, tracks } = request;
  const name = takeName(stem, 0, 1);
  const total = 2 + tracks.length * (request.stems ? 2 : 1);
  let done = 0;
  const step = (): void => {
    throwIfCancelled(hooks);
    hooks.onProgress?.({ stage: 'write', done: ++done, total, take: 0 });
  };
  const waves: Wave[] = [];
  for (const { file } of tracks) {
    waves.push(await decodeAudioFile(file));
    step();
  }
  const rateHz = Math.max(...waves.map((wave) => wave.sampleRateHz));
  const seconds = clip.facts.durationSeconds;
  const fitted = waves.map((wave) => fitSeconds(resample(wave, rateHz), seconds));
  const parts = tracks.map(({ gain, pan, mute }, index) => ({ wave: fitted[index]!, gain, pan, mute }));
  const { wave, warnings: ofMix, ...level } = mixTracks(parts, request.loudness);
  const sound = await writeSound(folder, name, wave, format);
  step();
  const stems: SoundFiles[] = [];
  if (request.stems) {
    for (const [index, track] of tracks.entries()) {
      stems.push(await writeSound(folder, stemName(name, index, track.name), fitted[index]!, format));
      step();
    }
  }
  const { file: video, warnings } = await writeClip(clip, wave, request, { folder, name }, hooks.signal);
  step();
  const sidecar: MixSidecar = {
    format: 'smooth-foley.mix/1',
    request,
    level,
    files: { ...sound, video, stems },
    warnings: [...ofMix, ...warnings],
  };
  const json = new TextEncoder().encode(`${JSON.stringify(sidecar, null, 2)}\n`);
  await writeFileAtomic(join(folder, `${name}.json`), json);
  return sidecar;
}
