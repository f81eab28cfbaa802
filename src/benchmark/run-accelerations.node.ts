/** @file What each acceleration does to the sound: every one alone and in combination, against the exact computation. */
import type { z } from 'zod';
import type { AblationTable } from '../evaluation/ablation.js';
import { exactSpeed, type SpeedSettings } from '../foley/speed.js';
import { runScenes, type SceneSystem, sceneRunOptions } from './run-scenes.node.js';

type Fields = SceneSystem['fields'];

const exact = { ...exactSpeed };
const speed = (fields: Partial<SpeedSettings>): Fields => ({ ...exact, ...fields });

const savings = { reuseInterval: 3, reuseDepth: 0, looksPerSecond: 5, frameTolerance: 2 };

/** By what people would call them; the exact computation comes first. */
const variants: Readonly<Record<string, Fields>> = {
  exact,
  'exact, another seed': { ...exact, seed: 4711 },
  '10 steps': { ...exact, steps: 10 },
  '15 steps': { ...exact, steps: 15 },
  '50 steps': { ...exact, steps: 50 },
  'guidance 0 to 0.5': speed({ guidanceUntil: 0.5 }),
  'guidance 0 to 0.7': speed({ guidanceUntil: 0.7 }),
  'guidance 0 to 0.85': speed({ guidanceUntil: 0.85 }),
  'guidance 0.1 to 0.7': speed({ guidanceFrom: 0.1, guidanceUntil: 0.7 }),
  'guidance 0.2 to 0.8': speed({ guidanceFrom: 0.2, guidanceUntil: 0.8 }),
  'guidance 0.3 to 1': speed({ guidanceFrom: 0.3 }),
  'no guidance': { ...exact, guidance: 1 },
  'reuse 2, depth 0': speed({ reuseInterval: 2, reuseDepth: 0 }),
  'reuse 2, depth 2': speed({ reuseInterval: 2, reuseDepth: 2 }),
  'reuse 3, depth 0': speed({ reuseInterval: 3, reuseDepth: 0 }),
  'reuse 3, depth 2': speed({ reuseInterval: 3, reuseDepth: 2 }),
  'reuse 5, depth 2': speed({ reuseInterval: 5, reuseDepth: 2 }),
  'timing 0 to 0.5': speed({ timingUntil: 0.5 }),
  'timing 0 to 0.7': speed({ timingUntil: 0.7 }),
  'timing 0 to 0.85': speed({ timingUntil: 0.85 }),
  'timing 0.2 to 1': speed({ timingFrom: 0.2 }),
  '10 looks a second': speed({ looksPerSecond: 10 }),
  '5 looks a second': speed({ looksPerSecond: 5 }),
  '2 looks a second': speed({ looksPerSecond: 2 }),
  'frame tolerance 2': speed({ frameTolerance: 2 }),
  'frame tolerance 5': speed({ frameTolerance: 5 }),
  'frame tolerance 10': speed({ frameTolerance: 10 }),
  'steps in int8': speed({ stepArithmetic: 'int8' }),
  'reuse 3, depth 0, 5 looks, tolerance 2': speed(savings),
  'the same, guidance 0 to 0.7': speed({ ...savings, guidanceUntil: 0.7 }),
  'the same, guidance 0 to 0.85, timing 0 to 0.85': speed({
    ...savings,
    guidanceUntil: 0.85,
    timingUntil: 0.85,
  }),
  'guidance 0 to 0.7, reuse 2': speed({ guidanceUntil: 0.7, reuseInterval: 2, reuseDepth: 2 }),
  'guidance 0 to 0.7, 15 steps': { ...speed({ guidanceUntil: 0.7 }), steps: 15 },
};

/**
 * Runs every variant with both adapters and the true timing, and writes `accelerations.json` and `accelerations.md`.
 * A run that was stopped goes on where it was.
 */
export async function runAccelerations(
  options: z.input<typeof sceneRunOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<AblationTable> {
  const systems = Object.fromEntries(
    Object.entries(variants).map(([name, fields]) => [name, { fields, isTimingGiven: true }]),
  );
  const run = { name: 'accelerations', systems, comparesWithFirst: true };
  return runScenes(sceneRunOptions.parse(options), run, onProgress);
}
