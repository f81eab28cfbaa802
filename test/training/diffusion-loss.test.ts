import { afterAll, describe, expect, it } from 'vitest';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import { floats, input, program, tensor } from '../../src/graph/index.js';
import {
  asInputs,
  noisePredictionLoss,
  noisyLatentInputs,
  taughtBy,
} from '../../src/training/diffusion-loss.js';

const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

describe('taughtBy', () => {
  it('moves the target of each item towards what is known, by its own share', async () => {
    const shape = [1, 1, 2];
    const noisy = noisyLatentInputs(3, shape);
    const known = input('known', [3, ...shape]);
    const share = input('share', [3, 1, 1, 1]);
    const predicted = input('predicted', [3, ...shape]);
    const { loss } = noisePredictionLoss(predicted, taughtBy(noisy, known, share));
    // without one, the noisy latents and the step would be inputs that nothing reads
    const session = await engine.compile(
      program('loss', {
        inputs: [
          ...asInputs(noisy).filter((value) => value === noisy.target || value === noisy.weight),
          known,
          share,
          predicted,
        ],
        outputs: { loss },
      }),
    );
    const rows = (...values: number[]) => tensor([3, ...shape], Float32Array.from(values));
    const lossOf = async (shares: number[]) => {
      const outputs = await session.run({
        target: rows(1, 1, 1, 1, 1, 1),
        known: rows(3, 3, 3, 3, 3, 3),
        predicted: rows(1, 1, 3, 3, 2, 2),
        share: tensor([3, 1, 1, 1], Float32Array.from(shares)),
        weight: tensor([3], Float32Array.of(1, 1, 1)),
      });
      return floats(outputs.loss!)[0]!;
    };
    expect(await lossOf([0, 1, 0.5])).toBeCloseTo(0, 6); // each predicts its own target
    expect(await lossOf([0, 0, 0])).toBeCloseTo((0 + 4 + 1) / 3, 6);
    expect(await lossOf([1, 1, 1])).toBeCloseTo((4 + 0 + 1) / 3, 6);
  });
});
