/** @file A rendered scene as a clip, so that the benchmark goes the same way as a user's file. */
import { createHash } from 'node:crypto';
import type { PictureStore } from '../data/picture-store.node.js';
import type { Scene } from '../data/scene.js';
import { framesOfScene } from '../data/scene-frames.node.js';
import type { Clip } from '../foley/stations.js';
import { resizeBicubic } from '../models/image-preprocessing.js';
import { fitFrameSize } from '../video/rgb-frame.js';

/** Rows of the rendered picture: as many as the small model's encoder sees. */
const renderRows = 384;

/** A silent clip whose frames are drawn when they are asked for. */
export function sceneClip(scene: Scene, pictures: PictureStore): Clip {
  const size = { width: Math.round((renderRows * scene.camera.aspect) / 2) * 2, height: renderRows };
  const text = JSON.stringify(scene);
  return {
    path: `${scene.id}.scene.json`,
    facts: {
      durationSeconds: scene.durationSeconds,
      container: 'mp4',
      byteLength: text.length,
      video: {
        codec: 'h264',
        ...size,
        rotationDegrees: 0,
        averageFps: 30,
        isVariableFrameRate: false,
        frameCount: Math.floor(scene.durationSeconds * 30),
      },
      audio: [],
    },
    soundtrack: async () => null,
    contentHash: async () => createHash('sha256').update(text).digest('hex'),
    async *frames({ startSeconds, endSeconds, framesPerSecond, fit }) {
      // a scene is drawn in its own proportions, and stretched where that is asked for
      const drawn = fit.kind === 'exact' ? size : fitFrameSize(size, fit);
      for await (const frame of framesOfScene(scene, pictures, { ...drawn, framesPerSecond })) {
        if (frame.timeSeconds < startSeconds - 1e-6 || frame.timeSeconds >= endSeconds - 1e-6) continue;
        yield fit.kind === 'exact' ? { ...frame, ...resizeBicubic(frame, fit.width, fit.height) } : frame;
      }
    },
    close: () => {},
  };
}
