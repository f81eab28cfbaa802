/** @file The pictures that both sides read, as a clip: no decoder stands between them and the encoder. */
import type { Clip } from '../../src/foley/stations.js';
import type { Tensor } from '../../src/graph/index.js';

/**
 * @param pictures `[count, height, width, 3]` bytes.
 * @param shown which picture every frame shows, frames evenly spread over the clip.
 */
export function recordedClip(pictures: Tensor, shown: readonly number[], durationSeconds: number): Clip {
  const [, height, width] = pictures.shape as [number, number, number, number];
  const bytes = pictures.data as Uint8Array;
  const framesPerSecond = shown.length / durationSeconds;
  return {
    path: 'recorded.mp4',
    facts: {
      durationSeconds,
      container: 'mp4',
      byteLength: bytes.length,
      video: {
        codec: 'h264',
        width,
        height,
        rotationDegrees: 0,
        averageFps: framesPerSecond,
        isVariableFrameRate: false,
        frameCount: shown.length,
      },
      audio: [],
    },
    soundtrack: async () => null,
    contentHash: async () => 'recorded',
    async *frames({ startSeconds, endSeconds, framesPerSecond: asked }) {
      const slack = 1e-6; // of times that are sums of rounded reciprocals
      for (let index = 0; startSeconds + index / asked < endSeconds - slack; index++) {
        const timeSeconds = startSeconds + index / asked;
        const frame = Math.min(shown.length - 1, Math.floor(timeSeconds * framesPerSecond + slack));
        const picture = shown[frame]!;
        const size = 3 * width * height;
        const data = bytes.subarray(picture * size, (picture + 1) * size);
        yield { timeSeconds, sourceTimeSeconds: picture, width, height, data };
      }
    },
    close() {},
  };
}
