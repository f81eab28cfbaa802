import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../src/engine/engine.js';
import { createOrtEngine } from '../../../src/engine/ort-engine.node.js';
import { clapMel } from '../../../src/evaluation/embedders/clap.js';
import { createClipFrameEmbedder } from '../../../src/evaluation/embedders/clip-frames.js';
import { evenStretches } from '../../../src/evaluation/embedders/mel-energies.js';
import { embedderNames, openEmbedder } from '../../../src/evaluation/embedders/open-embedder.node.js';
import { openByLength } from '../../../src/evaluation/embedders/sessions-by-length.js';
import { vggishExamples } from '../../../src/evaluation/embedders/vggish.js';
import { input, program, tensor } from '../../../src/graph/index.js';
import { clipB32, clipImageEmbedding } from '../../../src/models/clip.js';
import { readClipJson } from '../../../src/models/published/clip-json.js';
import { constantParameters } from '../../../src/weights/parameters.js';
import { hashedParameters, hashedPicture } from '../../models/hashed-weights.js';

const taggerFile = fileURLToPath(new URL('../../../models/tagger/tagger.safetensors', import.meta.url));
const vocoderFile = fileURLToPath(new URL('../../../models/small/vocoder.safetensors', import.meta.url));
const engine = createOrtEngine({ threads: 1 });
afterAll(() => engine.close());

describe('openEmbedder', () => {
  it.each(embedderNames)('refuses weights of another network: %s', (name) => {
    const file = name.startsWith('tagger') ? vocoderFile : taggerFile;
    return expect(openEmbedder(name, file, engine)).rejects.toMatchObject({ code: 'weights-invalid' });
  });
});

describe('the picture side of Wav2CLIP', () => {
  it('has the sizes that the published configuration says', () => {
    // what openai/clip-vit-base-patch32 has beside the defaults of transformers
    const published = readClipJson(
      {
        model_type: 'clip',
        projection_dim: 512,
        text_config: { hidden_size: 512, num_attention_heads: 8, intermediate_size: 2048 },
        vision_config: { hidden_size: 768, patch_size: 32 },
      },
      'config.json',
    );
    expect(published).toEqual(clipB32);
  });

  it('takes no file of something else', () => {
    const stray = new Map([['vision_model.stray', tensor([1], Float32Array.of(1))]]);
    expect(() => createClipFrameEmbedder(engine, constantParameters(stray), 'stray')).toThrow(/no parameter/);
  });

  it('embeds every frame as the tower does', async () => {
    const tiny = {
      ...clipB32.image,
      width: 16,
      layers: 1,
      heads: 2,
      hiddenWidth: 16,
      imageSize: 64,
      projectionWidth: 6,
    };
    const embedder = createClipFrameEmbedder(engine, hashedParameters(), 'tiny', tiny);
    const data = Uint8Array.from(hashedPicture('frame', [64 * 64 * 3]).data, (value) => 128 + 127 * value);
    async function* frames() {
      yield { timeSeconds: 0, width: 64, height: 64, data };
      yield { timeSeconds: 1, width: 64, height: 64, data: data.map((value) => 255 - value) };
    }
    const found = await embedder.embedFrames(frames());
    expect(found.data.length).toBe(2 * tiny.projectionWidth);
    const image = input('image', [1, 3, 64, 64]);
    const embedding = clipImageEmbedding(hashedParameters(), image, tiny);
    const session = await engine.compile(program('tower', { inputs: [image], outputs: { embedding } }));
    const mean = [0.48145466, 0.4578275, 0.40821073];
    const deviation = [0.26862954, 0.26130258, 0.27577711];
    const pixels = Float32Array.from({ length: data.length }, (_, at) => {
      const channel = Math.floor(at / 4096);
      return (data[(at % 4096) * 3 + channel]! / 255 - mean[channel]!) / deviation[channel]!;
    });
    const wanted = (await session.run({ image: tensor([1, 3, 64, 64], pixels) })).embedding!;
    for (let at = 0; at < tiny.projectionWidth; at++)
      expect(found.data[at]).toBeCloseTo(Number(wanted.data[at]), 5);
    await embedder.close();
  });
});

describe('what embedders look at', () => {
  it('is all of a sound that is as long as a few stretches, from its first to its last sample', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), (length, stretch) => {
        const sound = Float32Array.from({ length }, (_, i) => i + 1);
        const stretches = evenStretches(sound, stretch);
        expect(stretches.every((part) => part.length === stretch)).toBe(true);
        expect(stretches[0]![0]).toBe(1);
        expect(stretches.length).toBe(Math.max(1, Math.round(length / stretch)));
        if (stretches.length > 1) expect(stretches.at(-1)!.at(-1)).toBe(length);
      }),
    );
  });

  it('is at least one example of VGGish, and only whole ones', () => {
    expect(vggishExamples(new Float32Array(1)).length).toBe(1);
    expect(vggishExamples(new Float32Array(16_000 * 3)).length).toBe(3); // 298 frames
  });

  it('is a short sound over and over, for CLAP', () => {
    const click = new Float32Array(48_000 * 3);
    click[24_000] = 1;
    const mel = clapMel(click);
    const level = (frame: number) => Math.max(...mel.subarray(frame * 64, frame * 64 + 64));
    expect([50, 350, 650].map((frame) => level(frame) > -60)).toEqual([true, true, true]);
    expect(level(950)).toBe(-100); // the fourth would not fit
  });
});

describe('openByLength', () => {
  it('keeps the two that were used last', async () => {
    const closed: number[] = [];
    const compiled: number[] = [];
    const sessions = openByLength(async (columns) => {
      compiled.push(columns);
      return { close: async () => void closed.push(columns) } as unknown as Session;
    });
    for (const columns of [1, 2, 1, 3, 1]) await sessions.opened(columns);
    expect(compiled).toEqual([1, 2, 3]);
    expect(closed).toEqual([2]);
    await sessions.close();
    expect(closed).toEqual([2, 3, 1]);
  });
});
