/** @file The training and the validation corpus of a configuration; the sound library is only opened to draw them. */

import { join } from 'node:path';
import type { SoundLibrary } from '../data/sound-library.js';
import { openSoundLibrary } from '../data/sound-library.node.js';
import { type Corpus, openCorpus } from './corpus.node.js';
import type { CorpusConfig } from './corpus-config.js';
import { hashOfFile } from './file-hash.node.js';
import type { StageContext } from './stage-context.js';

export interface Corpora {
  readonly train: Corpus;
  /** Drawn from recordings that training never hears. */
  readonly validation: Corpus;
}

export async function openCorpora(config: CorpusConfig, context: StageContext): Promise<Corpora> {
  let opened: Promise<SoundLibrary> | null = null;
  const library = () => {
    opened ??= openSoundLibrary({ audioFolder: context.audioFolder, cacheFolder: context.cacheFolder });
    return opened;
  };
  const source = await hashOfFile(join(context.audioFolder, 'manifest.tsv'));
  const open = (split: 'train' | 'val', count: number) => {
    const report = (done: number, total: number) => {
      if (done % 100 === 0 || done === total) context.report(`mixtures (${split}): ${done} of ${total}`);
    };
    const settings = {
      source,
      count,
      seed: config.seed,
      ...(config.synthetic ? ({ synthetic: true } as const) : {}),
      mixtures: { ...config.mixtures, split },
    };
    return openCorpus(context.cacheFolder, settings, library, report);
  };
  return {
    train: await open('train', config.trainCount),
    validation: await open('val', config.validationCount),
  };
}
