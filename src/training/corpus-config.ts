/** @file How much training and validation material a stage draws, as it stands in a training configuration. */
import { z } from 'zod';
import { mixtureOptions } from '../data/mixtures.js';

export const corpusSchema = z.strictObject({
  trainCount: z.int().positive(),
  validationCount: z.int().positive(),
  seed: z.int().default(1),
  /** Also draw from the sounds that are synthesised for the classes poor in recordings. */
  synthetic: z.boolean().default(false),
  mixtures: mixtureOptions.omit({ split: true }).prefault({}),
});

export type CorpusConfig = z.infer<typeof corpusSchema>;
