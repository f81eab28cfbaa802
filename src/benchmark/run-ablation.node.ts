/** @file The ablation: sound for unseen scenes with neither adapter, each alone, and both, measured against the truth. */
import type { z } from 'zod';
import type { AblationTable } from '../evaluation/ablation.js';
import { runScenes, type SceneSystem, sceneRunOptions } from './run-scenes.node.js';

/** Timing is given as the true on spans, but for the last system, which sees it for itself. */
const systems: Readonly<Record<string, SceneSystem>> = {
  neither: { fields: { frameScale: 0, timingScale: 0 }, isTimingGiven: false },
  frame: { fields: { frameScale: 1, timingScale: 0 }, isTimingGiven: false },
  timing: { fields: { frameScale: 0, timingScale: 1 }, isTimingGiven: true },
  both: { fields: { frameScale: 1, timingScale: 1 }, isTimingGiven: true },
  'both, timing as seen': { fields: { frameScale: 1, timingScale: 1 }, isTimingGiven: false },
};

/** Runs the benchmark and writes `ablation.json` and `ablation.md`. A run that was stopped goes on where it was. */
export async function runAblation(
  options: z.input<typeof sceneRunOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<AblationTable> {
  const run = { name: 'ablation', systems, comparesWithFirst: false };
  return runScenes(sceneRunOptions.parse(options), run, onProgress);
}
