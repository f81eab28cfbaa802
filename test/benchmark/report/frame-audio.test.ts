import { describe, expect, it } from 'vitest';
import {
  type FrameAudioPair,
  heardAsLabels,
  withFrameAudioScores,
} from '../../../src/benchmark/report/frame-audio.js';
import type { StoredEmbedding } from '../../../src/benchmark/report/measurement-store.node.js';

const sound = (scene: string, system: string, ...logits: number[]): StoredEmbedding => ({
  embedder: 'ears',
  scene,
  system,
  width: 1,
  data: Float32Array.of(0),
  classLogits: Float32Array.from(logits),
});
const looks: string[] = [];
/** Scene a shows what the first label says, scene b what the second says. */
const pair: FrameAudioPair = {
  key: 'frameAudio',
  embedder: 'ears',
  seen: async (scene) => {
    looks.push(scene);
    return { width: 2, data: scene === 'a' ? Float32Array.of(4, 0) : Float32Array.of(0, 1, 0, 3) };
  },
  heard: heardAsLabels([Float32Array.of(2, 0), Float32Array.of(0, 5)]),
};

describe('withFrameAudioScores', () => {
  it('adds the cosine of what is seen and what is heard to what was measured', async () => {
    const scored = await withFrameAudioScores(
      [
        { scene: 'a', system: 'both', values: { onsetF1: 0.5 } },
        { scene: 'b', system: 'both', values: {} },
        { scene: 'b', system: 'truth', values: {} },
      ],
      [sound('a', 'both', 50, 0), sound('b', 'both', 50, 0), sound('b', 'truth', 0, 0)],
      [pair],
    );
    expect(scored.map(({ values }) => values)).toEqual([
      { onsetF1: 0.5, frameAudio: expect.closeTo(Math.SQRT1_2, 6) },
      { frameAudio: expect.closeTo(-Math.SQRT1_2, 6) },
      { frameAudio: 0 }, // could be either
    ]);
  });

  it('looks at no scene that was not measured, and leaves out sounds of another embedder', async () => {
    looks.length = 0;
    const measurements = [{ scene: 'a', system: 'both', values: { onsetF1: 1 } }];
    const others = [
      sound('recording', '@recording', 1, 0),
      { ...sound('a', 'both', 1, 0), embedder: 'other' },
    ];
    expect(await withFrameAudioScores(measurements, others, [pair])).toEqual(measurements);
    expect(looks).toEqual([]);
  });
});
