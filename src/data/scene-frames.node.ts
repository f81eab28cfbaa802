/** @file The frames of a scene as a stream, straight from its JSON, without any video file between. */
import type { RgbFrame } from '../video/rgb-frame.js';
import type { Bitmap } from './compositing.js';
import type { PictureStore } from './picture-store.node.js';
import { createSceneRenderer, type RenderSize, type SceneRenderer } from './render.js';
import type { Scene } from './scene.js';

/** The size at which scenes are drawn for an encoder that stretches them to a square. @param imageSize its side */
export function drawnFor(imageSize: number): RenderSize {
  return { width: Math.round((imageSize * 2) / 3) * 2, height: imageSize };
}

/** 30 frames a second of 224 x 168, for files that people look at. */
export const defaultSceneFrames = { framesPerSecond: 30, width: 224, height: 168 };

export interface SceneFramesOptions extends RenderSize {
  readonly framesPerSecond: number;
}

/** A renderer with its pictures loaded. */
export async function openSceneRenderer(
  scene: Scene,
  pictures: PictureStore,
  size: RenderSize,
): Promise<SceneRenderer> {
  const bitmaps = new Map<string, Bitmap>();
  for (const id of [scene.background.picture, ...scene.objects.map((object) => object.picture)]) {
    bitmaps.set(id, await pictures.load(id));
  }
  return createSceneRenderer(scene, size, (id) => bitmaps.get(id)!);
}

/** Frame k shows the scene at k / framesPerSecond; as many as fit into its duration. */
export async function* framesOfScene(
  scene: Scene,
  pictures: PictureStore,
  options: SceneFramesOptions = defaultSceneFrames,
): AsyncGenerator<RgbFrame> {
  const renderer = await openSceneRenderer(scene, pictures, options);
  const count = Math.max(1, Math.floor(scene.durationSeconds * options.framesPerSecond + 1e-9));
  for (let index = 0; index < count; index++) {
    const timeSeconds = index / options.framesPerSecond;
    const data = renderer.frameAt(timeSeconds);
    yield { timeSeconds, sourceTimeSeconds: timeSeconds, width: options.width, height: options.height, data };
  }
}
