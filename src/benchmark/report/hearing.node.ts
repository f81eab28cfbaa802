/** @file The judges of a report: embedders that hear every sound at one loudness. */
import { createWave, mixdown, type Wave } from '../../audio/wave.js';
import { activeSpans, levelEnvelope } from '../../data/sound-activity.js';
import { type LibrarySound, librarySampleRateHz } from '../../data/sound-library.js';
import type { Engine } from '../../engine/engine.js';
import { FoleyError } from '../../errors/foley-error.js';
import { type AudioEmbedder, embedWave } from '../../evaluation/embedders/audio-embedder.js';
import { embedderNames, openEmbedder } from '../../evaluation/embedders/open-embedder.node.js';

/** An embedder under the name that its columns have. */
export interface Judge {
  readonly name: string;
  readonly embedder: AudioEmbedder;
}

/** @throws FoleyError `usage` for a name that is not known, else as `openEmbedder` */
export async function openJudges(
  wanted: readonly { readonly name: string; readonly file: string }[],
  engine: Engine,
): Promise<Judge[]> {
  const judges: Judge[] = [];
  for (const { name, file } of wanted) {
    const known = embedderNames.find((candidate) => candidate === name);
    if (known === undefined) {
      throw new FoleyError('usage', `there is no embedder "${name}"`, {
        hint: `Embedders: ${embedderNames.join(', ')}.`,
      });
    }
    judges.push({ name, embedder: await openEmbedder(known, file, engine) });
  }
  return judges;
}

/** RMS over what sounds, as scenes have it on average: likeness is not to be a matter of loudness. */
const judgedLevelDbfs = -21;

/** The sound in mono, its sounding stretches at the level of judgement; silence stays silence. */
export function atJudgedLevel(wave: Wave): Wave {
  const samples = mixdown(wave).channels[0]!;
  const rate = wave.sampleRateHz;
  let energy = 0;
  let count = 0;
  for (const { startSeconds, endSeconds } of activeSpans(levelEnvelope(samples, rate))) {
    const end = Math.min(samples.length, Math.round(endSeconds * rate));
    for (let index = Math.round(startSeconds * rate); index < end; index++) {
      energy += samples[index]! ** 2;
      count++;
    }
  }
  if (energy === 0) return createWave(rate, [samples]);
  const gain = 10 ** (judgedLevelDbfs / 20) / Math.sqrt(energy / count);
  return createWave(rate, [samples.map((value) => value * gain)]);
}

/** What a judge makes of a sound at that level. */
export function judge({ embedder }: Judge, wave: Wave): ReturnType<AudioEmbedder['embed']> {
  return embedWave(embedder, atJudgedLevel(wave));
}

/** As long as a scene at most. */
const stretchSeconds = 10;

/** A recording in stretches as long as a scene at most, the last one at least half as long. */
export function stretchesOf({ samples, scale }: LibrarySound): Wave[] {
  const length = stretchSeconds * librarySampleRateHz;
  const count = Math.max(1, Math.round(samples.length / length));
  return Array.from({ length: count }, (_, index) => {
    const end = index === count - 1 ? samples.length : (index + 1) * length;
    const part = samples.subarray(index * length, Math.min(end, (index + 1) * length));
    return createWave(librarySampleRateHz, [Float32Array.from(part, (value) => value * scale)]);
  });
}
