/** @file A split of two scenes for tests: one sounds in part of its frames, the other in all of them. */
import { seededRandom } from '../../src/data/seeded-random.js';
import { float32ToFloat16 } from '../../src/graph/index.js';
import { Rows } from '../../src/training/row-cache.node.js';
import type { SceneSplit, SeenFrames } from '../../src/training/scene-dataset.node.js';

/** Embeddings are random, of the width given. */
export function twoScenes(width: number): { readonly scenes: SceneSplit; readonly seen: SeenFrames } {
  const seen = { perSecond: 2, count: 6 };
  const random = seededRandom('embeddings');
  const embeddings = Float32Array.from({ length: 2 * seen.count * width }, () => random.normal());
  const rows = new Rows(float32ToFloat16(embeddings), 2, seen.count * width);
  const scenes: SceneSplit = {
    captions: ['a dog', 'a siren'],
    labels: ['dog', 'siren'],
    kinds: ['animal', 'vehicle'],
    alike: [[0], [1]],
    spans: [[{ startSeconds: 0.5, endSeconds: 1.5 }], [{ startSeconds: 0, endSeconds: 3 }]],
    latents: rows,
    embeddings: rows,
  };
  return { scenes, seen };
}
