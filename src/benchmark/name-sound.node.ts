/** @file Names generated sound with the tagger: the judge that was trained on the train split alone. */
import type { MelSpec } from '../audio/mel-spectrogram.js';
import type { Engine } from '../engine/engine.js';
import { rankClasses } from '../evaluation/classification.js';
import { createTaggerEmbedder } from '../evaluation/embedders/tagger-embedder.js';
import { taggerConfig } from '../evaluation/tagger.js';
import { frozenParameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';

export interface SoundNamer {
  readonly classIds: readonly string[];
  /** Class logits of a sound: the mean over its crops of 3.04 s, those that are all but silent left out. */
  logits(samples: Float32Array): Promise<Float32Array>;
  /** From 0; `classIds.length` for an id that the tagger does not know. */
  rankOf(logits: Float32Array, classId: string): number;
}

/** Opens a tagger's weights. @throws FoleyError `input-missing`, `weights-invalid` */
export async function openSoundNamer(taggerFile: string, mel: MelSpec, engine: Engine): Promise<SoundNamer> {
  const parameters = frozenParameters(await openSafetensors(taggerFile));
  const embedder = await createTaggerEmbedder(engine, parameters, taggerFile, mel);
  const { classIds } = taggerConfig;
  return {
    classIds,
    logits: async (samples) => (await embedder.embed(samples)).classLogits!,
    rankOf: (scores, classId) => {
      const at = classIds.indexOf(classId);
      return at < 0 ? classIds.length : rankClasses(scores).indexOf(at);
    },
  };
}
