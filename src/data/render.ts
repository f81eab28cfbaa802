/** @file Draws the frames of a scene from pixels: a background, and objects scaled by perspective with their shadows. */
import { type Bitmap, drawScaled, type MipmappedSprite, mipmaps, sampleBackground } from './compositing.js';
import type { Scene, SceneObject } from './scene.js';
import { positionAt } from './trajectory.js';
import { projectBox } from './visibility.js';

export interface RenderSize {
  readonly width: number;
  readonly height: number;
}

/** Draws one scene at one size. */
export interface SceneRenderer {
  /** `[height, width, 3]` R'G'B', a new array each time. */
  frameAt(timeSeconds: number): Uint8Array;
}

/** A hop lasts this long and lifts by this share of the object's height. */
const hopSeconds = 0.18;
const hopShare = 0.07;

/**
 * Prepares a scene: scales its background once and its sprites by halves.
 * @param pictureOf gives the pixels of a picture id: 3 channels for backgrounds, 4 for sprites
 */
export function createSceneRenderer(
  scene: Scene,
  size: RenderSize,
  pictureOf: (id: string) => Bitmap,
): SceneRenderer {
  const { background, durationSeconds } = scene;
  const source = pictureOf(background.picture);
  const drifts = background.drift.left !== 0 || background.drift.top !== 0 || background.drift.size !== 0;
  const backdropAt = (timeSeconds: number): Uint8Array => {
    const progress = Math.max(0, Math.min(1, timeSeconds / durationSeconds));
    const crop = {
      left: background.crop.left + progress * background.drift.left,
      top: background.crop.top + progress * background.drift.top,
      size: background.crop.size + progress * background.drift.size,
    };
    return sampleBackground(source, crop, background.mirrored, background.brightness, size);
  };
  const still = drifts ? null : backdropAt(0);
  const sprites = scene.objects.map((object): MipmappedSprite => mipmaps(pictureOf(object.picture)));
  return {
    frameAt(timeSeconds) {
      const frame = still === null ? backdropAt(timeSeconds) : still.slice();
      const drawn = scene.objects
        .map((object, index) => ({
          object,
          sprite: sprites[index]!,
          at: positionAt(object.trajectory, timeSeconds),
        }))
        .sort((a, b) => b.at.z - a.at.z);
      for (const { object, sprite, at } of drawn) {
        const lifted = { ...at, y: at.y + hopHeight(object, timeSeconds) };
        const box = projectBox(lifted, object.widthMetres, object.heightMetres, scene.camera);
        if (box === null) continue;
        if (object.castsShadow) drawShadow(frame, size, scene, object, at);
        drawScaled(frame, size, sprite, box, object.mirrored, object.brightness);
      }
      return frame;
    },
  };
}

function hopHeight(object: SceneObject, timeSeconds: number): number {
  for (const start of object.hopsSeconds) {
    const phase = (timeSeconds - start) / hopSeconds;
    if (phase >= 0 && phase < 1) return hopShare * object.heightMetres * Math.sin(Math.PI * phase);
  }
  return 0;
}

/** A soft dark ellipse on the ground, weaker the higher the object is. */
function drawShadow(
  frame: Uint8Array,
  size: RenderSize,
  scene: Scene,
  object: SceneObject,
  at: { readonly x: number; readonly y: number; readonly z: number },
): void {
  const ground = projectBox({ ...at, y: 0 }, object.widthMetres, object.heightMetres, scene.camera);
  if (ground === null) return;
  const strength = 0.45 / (1 + (3 * at.y) / object.heightMetres);
  const centreX = ((ground.left + ground.right) / 2) * size.width;
  const centreY = ground.bottom * size.height;
  const radiusX = 0.5 * (ground.right - ground.left) * size.width;
  const radiusY = 0.14 * radiusX;
  const top = Math.max(0, Math.floor(centreY - radiusY));
  const bottom = Math.min(size.height - 1, Math.ceil(centreY + radiusY));
  for (let y = top; y <= bottom; y++) {
    const left = Math.max(0, Math.floor(centreX - radiusX));
    const right = Math.min(size.width - 1, Math.ceil(centreX + radiusX));
    for (let x = left; x <= right; x++) {
      const distance = ((x - centreX) / radiusX) ** 2 + ((y - centreY) / radiusY) ** 2;
      if (distance >= 1) continue;
      const keep = 1 - strength * (1 - distance);
      const pixel = 3 * (y * size.width + x);
      for (let channel = pixel; channel < pixel + 3; channel++) frame[channel] = frame[channel]! * keep;
    }
  }
}
