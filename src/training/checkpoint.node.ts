/** @file A training run on disk: parameters, moments and average in one safetensors file with the counters beside them. */
import { z } from 'zod';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { floats, tensor } from '../graph/index.js';
import { openSafetensors, writeSafetensors } from '../weights/safetensors-file.node.js';
import { stateVectors } from './adamw-program.js';
import type { Optimiser } from './optimiser.js';
import { viewOf } from './parameter-layout.js';

const countersSchema = z.strictObject({
  stage: z.string(),
  seed: z.int(),
  /** Optimiser updates made. */
  step: z.int().nonnegative(),
  /** Updates that changed something: a gradient that was not finite is skipped. */
  appliedSteps: z.int().nonnegative(),
  /** Batches taken from the sequence. */
  batches: z.int().nonnegative(),
  /** Seconds of training so far, over all sessions. */
  seconds: z.number().nonnegative(),
});

/** Where a run stands. */
export type Counters = z.infer<typeof countersSchema>;

const metadataKey = 'training';

/** Writes everything that a run needs to go on, in one atomic file: counters and tensors can never disagree. */
export async function saveCheckpoint(path: string, optimiser: Optimiser, counters: Counters): Promise<void> {
  const tensors = stateVectors.flatMap((vector) =>
    optimiser.layout.entries.map(
      (entry) =>
        [`${vector}/${entry.key}`, tensor(entry.shape, viewOf(optimiser.state[vector], entry))] as const,
    ),
  );
  await writeSafetensors(path, tensors, { metadata: { [metadataKey]: JSON.stringify(counters) } });
}

/**
 * Fills an optimiser from a checkpoint.
 * @throws FoleyError `weights-invalid` when the file belongs to another stage, seed or set of parameters.
 */
export async function loadCheckpoint(
  path: string,
  optimiser: Optimiser,
  expected: Pick<Counters, 'stage' | 'seed'>,
): Promise<Counters> {
  const file = await openSafetensors(path);
  const counters = readCounters(path, file.metadata.get(metadataKey));
  if (counters.stage !== expected.stage || counters.seed !== expected.seed) {
    throw new FoleyError(
      'weights-invalid',
      `${path} belongs to stage "${counters.stage}" with seed ${counters.seed}, not "${expected.stage}" with ${expected.seed}`,
      { hint: 'Train into another folder, or take the configuration this run began with.' },
    );
  }
  const { entries } = optimiser.layout;
  if (file.tensors.size !== entries.length * stateVectors.length) {
    throw new FoleyError(
      'weights-invalid',
      `${path} holds ${file.tensors.size} tensors where this model needs ${entries.length * stateVectors.length}`,
    );
  }
  for (const vector of stateVectors) {
    for (const entry of entries) {
      const stored = await file.read(`${vector}/${entry.key}`);
      if (String(stored.shape) !== String(entry.shape)) {
        throw new FoleyError(
          'weights-invalid',
          `${path}: ${entry.key} has shape [${stored.shape}], not [${entry.shape}]`,
        );
      }
      viewOf(optimiser.state[vector], entry).set(floats(stored));
    }
  }
  optimiser.steps = counters.appliedSteps;
  return counters;
}

function readCounters(path: string, text: string | undefined): Counters {
  try {
    return countersSchema.parse(JSON.parse(text ?? ''));
  } catch (error) {
    throw new FoleyError('weights-invalid', `${path} is no training checkpoint: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
