/** @file What a study works with: a model that sees and perhaps sounds, and a judge of its sounds. */
import { createHash } from 'node:crypto';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { openSeeingStations, openStations } from '../foley/open-stations.node.js';
import { parseRequest } from '../foley/request.js';
import type { FoleyStations, SeeingStations } from '../foley/stations.js';
import { openSoundNamer, type SoundNamer } from './name-sound.node.js';
import { rememberingTexts } from './scene-sight.node.js';

export interface StudyBenchOptions {
  readonly model: string;
  readonly threads: number | null;
  /** Where frame embeddings are kept. */
  readonly cacheFolder: string;
  /** False opens the encoders alone. */
  readonly withSound: boolean;
  /** Weights of the classifier that names sounds; null for none. */
  readonly taggerFile: string | null;
}

export interface StudyBench {
  /** Its encoder embeds every text once. */
  readonly seeing: SeeingStations;
  readonly sounding: FoleyStations | null;
  /** Null without sound or without a classifier. */
  readonly namer: SoundNamer | null;
  /** Names the weights: measurements of other weights are others. */
  readonly weights: string;
  close(): Promise<void>;
}

/** Opens it. @throws FoleyError `model-missing`, `weights-invalid`, `input-missing` */
export async function openStudyBench(options: StudyBenchOptions): Promise<StudyBench> {
  const { model, threads, cacheFolder, withSound, taggerFile } = options;
  const request = parseRequest({ video: '-', label: '-', model, threads, cacheDir: cacheFolder });
  const sounding = withSound ? await openStations(request) : null;
  const opened = sounding ?? (await openSeeingStations(request));
  const judge = createOrtEngine(threads === null ? {} : { threads });
  const close = async (): Promise<void> => {
    await opened.close();
    await judge.close();
  };
  try {
    const namer =
      sounding === null || taggerFile === null ? null : await openSoundNamer(taggerFile, sounding.mel, judge);
    const files = sounding?.provenance.files.map(({ file, sha256 }) => `${file} ${sha256}`) ?? [];
    return {
      seeing: { ...opened, encoder: rememberingTexts(opened.encoder) },
      sounding,
      namer,
      weights: createHash('sha256')
        .update([opened.encoder.id, ...files].join('\n'))
        .digest('hex'),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
