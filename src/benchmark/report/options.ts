/** @file What a report over the benchmark is told. */
import { z } from 'zod';
import { benchmarkSets } from '../../data/plan-benchmark.js';
import { systemIds } from './systems.js';

/** One of several processes that share the scenes: each takes every `of`-th, from its number on. */
const shardSchema = z
  .strictObject({ number: z.int().min(1), of: z.int().min(1).max(64) })
  .refine(({ number, of }) => number <= of, 'the number of a shard is at most their count');

export const labelChoices = ['exact', 'kind', 'vague'] as const;
export type LabelChoice = (typeof labelChoices)[number];

export const reportOptions = z.strictObject({
  /** What `data benchmark` wrote. */
  benchmarkFolder: z.string().min(1),
  picturesFolder: z.string().min(1),
  /** Sounds, measurements and the report go here; a run that was stopped goes on from what is there. */
  outFolder: z.string().min(1),
  model: z.string().min(1).default('small'),
  /** A frame adapter that averages the frames, for the system of that name: a model folder or a file. */
  clipWise: z.string().min(1).nullable().default(null),
  /** What judges class and likeness, by name of the embedder: the file of its weights. The first one names classes. */
  embedders: z.array(z.strictObject({ name: z.string().min(1), file: z.string().min(1) })).min(1),
  /** The image tower of CLIP ViT-B/32, for the frame-audio score with the embedder "wav2clip". */
  clipFrames: z.string().min(1).nullable().default(null),
  /** Recordings with their manifest: for the sampler, and the reference of the Fréchet distance. Null goes without. */
  audioFolder: z.string().min(1).nullable().default(null),
  cacheFolder: z.string().min(1).default('.cache/data'),
  systems: z.array(z.enum(systemIds)).min(1).nullable().default(null),
  sets: z
    .array(z.enum(benchmarkSets))
    .min(1)
    .default([...benchmarkSets]),
  /** So many scenes of each set, evenly over it; all unless given. */
  count: z.int().min(1).nullable().default(null),
  seed: z.int().min(0).default(0),
  /**
   * What the systems are told: the scene's own label, or only the kind of thing that sounds, of which the picture may say
   * which (`kind`), or which is all that the text says, too (`vague`).
   */
  labels: z.enum(labelChoices).default('exact'),
  steps: z.int().min(1).max(500).default(16),
  /** Null is the model's own. */
  guidance: z.number().min(0).max(30).nullable().default(null),
  threads: z.int().min(1).nullable().default(null),
  /** With one, sounds are made and measured but no report is written. */
  shard: shardSchema.nullable().default(null),
  /** Differences are told from this system. */
  against: z.enum(systemIds).default('both'),
  /** Scenes of each set that the page lets one hear. */
  heard: z.int().min(0).max(200).default(12),
  resamples: z.int().min(50).max(20_000).default(500),
});
export type ReportOptions = z.output<typeof reportOptions>;
