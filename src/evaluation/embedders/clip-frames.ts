/** @file The pictures' side of Wav2CLIP: the image tower of CLIP ViT-B/32. */
import type { Engine } from '../../engine/engine.js';
import { input, program } from '../../graph/index.js';
import { type ClipImageConfig, clipB32, clipImageEmbedding } from '../../models/clip.js';
import { clipPreprocessing } from '../../models/image-preprocessing.js';
import { type EncoderFrame, embedStream, openTower } from '../../models/image-text-encoder.js';
import type { Parameters } from '../../weights/parameters.js';
import type { Embeddings } from '../frechet-distance.js';

/** What turns frames into vectors; every encoder of a model is one, too. */
export interface FrameEmbedder {
  readonly id: string;
  readonly width: number;
  /** Side in pixels of the square that it sees. */
  readonly imageSize: number;
  /** The filter by which it wants pictures brought to its size beforehand; averaging unless given. */
  readonly pictureFilter?: 'area' | 'bicubic';
  /** One vector for each frame. */
  embedFrames(frames: AsyncIterable<EncoderFrame>): Promise<Embeddings>;
}

/** What a whole CLIP holds beside its image tower. */
function isBesideImageTower(key: string): boolean {
  return /^(?:text_model\.|text_projection\.|logit_scale$)/.test(key);
}

/**
 * @param parameters keys begin with `vision_model.`, as transformers names them
 * @throws FoleyError `weights-invalid` for parameters of another network
 */
export function createClipFrameEmbedder(
  engine: Engine,
  parameters: Parameters,
  weightsId: string,
  config: ClipImageConfig = clipB32.image,
): FrameEmbedder & { close(): Promise<void> } {
  const { imageSize, projectionWidth: width } = config;
  const image = input('image', [1, 3, imageSize, imageSize]);
  const embedding = clipImageEmbedding(parameters, image, config);
  parameters.assertAllUsed(isBesideImageTower);
  const tower = openTower(1, engine.runsAtOnce, () =>
    engine.compile(program('clip-frames', { inputs: [image], outputs: { embedding } })),
  );
  return {
    id: `clip-${config.width}-${config.patchSize}/${weightsId}`,
    width,
    imageSize,
    pictureFilter: 'bicubic',
    embedFrames: (frames) => embedStream(tower, 'embedding', { ...clipPreprocessing, imageSize }, frames),
    close: () => tower.close(),
  };
}
