/** @file Names generated sound with the tagger: the judge that was trained on the train split alone. */
import { flipBands, melToImage } from '../audio/mel-image.js';
import { type MelSpec, melSpectrogram } from '../audio/mel-spectrogram.js';
import type { Engine, Session } from '../engine/engine.js';
import { rankClasses } from '../evaluation/classification.js';
import { tagger, taggerConfig, taggerCropColumns } from '../evaluation/tagger.js';
import { floats, input, program, tensor } from '../graph/index.js';
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
  const crop = input('mel', [1, 1, mel.bands, taggerCropColumns]);
  const logits = tagger(parameters, crop);
  parameters.assertAllUsed();
  const session = await engine.compile(program('tagger', { inputs: [crop], outputs: { logits } }));
  const { classIds } = taggerConfig;
  return {
    classIds,
    logits: (samples) => meanLogits(samples, mel, session, classIds.length),
    rankOf: (scores, classId) => {
      const at = classIds.indexOf(classId);
      return at < 0 ? classIds.length : rankClasses(scores).indexOf(at);
    },
  };
}

// a crop so much quieter than the loudest one says nothing about the class
const quietestCropShare = 0.25;

async function meanLogits(
  samples: Float32Array,
  spec: MelSpec,
  session: Session,
  classes: number,
): Promise<Float32Array> {
  const least = taggerCropColumns * spec.hopSamples + spec.fftSize;
  const longEnough = samples.length >= least ? samples : padded(samples, least);
  const { bands, columns, data } = flipBands(melToImage(melSpectrogram(longEnough, spec)));
  const count = Math.max(1, Math.round(columns / taggerCropColumns));
  const crops = Array.from({ length: count }, (_, i) => {
    const start = count === 1 ? 0 : Math.round((i * (columns - taggerCropColumns)) / (count - 1));
    const crop = new Float32Array(bands * taggerCropColumns);
    for (let band = 0; band < bands; band++) {
      crop.set(
        data.subarray(band * columns + start, band * columns + start + taggerCropColumns),
        band * taggerCropColumns,
      );
    }
    return { crop, level: crop.reduce((sum, value) => sum + value, 0) };
  });
  const loudest = Math.max(...crops.map(({ level }) => level));
  const heard = crops.filter(({ level }) => level >= quietestCropShare * loudest);
  const mean = new Float32Array(classes);
  for (const { crop } of heard) {
    const { logits } = await session.run({ mel: tensor([1, 1, bands, taggerCropColumns], crop) });
    floats(logits!).forEach((value, i) => {
      mean[i]! += value / heard.length;
    });
  }
  return mean;
}

function padded(samples: Float32Array, length: number): Float32Array {
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}
