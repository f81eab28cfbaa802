/** @file What kind of picture shows a thing: photograph, cut-out, drawing or cartoon, by a look at each prepared picture. */

import type { TimeSpan } from '../conditions/timeline.js';
import type { PreparedPicture } from '../data/picture-index.js';
import { PHOTO_PREFIXES } from '../data/picture-packages.js';
import type { Scene, SceneObject } from '../data/scene.js';
import { visibleSpans } from '../data/visibility.js';

/** Of the prepared pictures; folders of further sprites bring names of their own. */
export type PictureDomain = 'cut-out photograph' | 'whole photograph' | 'drawing' | 'cartoon';

/** Sprites of cartoons that lie among photographs. */
const cartoons = new Set([
  ...'airplane1.png car1.png car2.png convertible3.gif helicopter1.png'
    .split(' ')
    .map((name) => `scr:Transportation/${name}`),
  ...'baby.png boy1-walking.gif boy2.gif boy4-walking-a.gif boy4-walking-c.gif boy4-walking-e.gif girl1-walking.gif girl3-running.gif'
    .split(' ')
    .map((name) => `scr:People/${name}`),
  ...'bee1.gif cat2.gif cat4.png dog1-a.png dog2-b.png dog2-c.png duck1.png elephant1-a.png grasshopper1.gif horse1-a.png horse1-b.png horse2.png lion1-a.png lioness1.png parrot1-a.png parrot1-b.png whale1.gif'
    .split(' ')
    .map((name) => `scr:Animals/${name}`),
  ...'basketball.png beachball1.png soccer1.png'.split(' ').map((name) => `scr:Things/${name}`),
]);
const drawings = new Set(['tux:symbols/clockface.png', 'tux:vehicles/ship/chineseJunk.png']);

/** The domain of a prepared picture by its id. */
export function domainOf(id: string): PictureDomain {
  const prefix = id.slice(0, id.indexOf(':'));
  if (PHOTO_PREFIXES.includes(prefix)) return 'whole photograph';
  if (prefix === 'gcw' || id.includes('/cartoon/') || cartoons.has(id)) return 'cartoon';
  if (prefix === 'oca' || id.endsWith('.svg') || drawings.has(id)) return 'drawing';
  return 'cut-out photograph';
}

/** A picture that can stand for a subject. */
export type Sprite = Pick<PreparedPicture, 'id' | 'subjects' | 'width' | 'height'>;

/**
 * The same scene with another picture of what sounds: it covers the same area, in its own proportions, and stands where
 * the first stood, so that nothing but the picture differs. With it, when it is then in view.
 */
export function withSprite(
  scene: Scene,
  sprite: Sprite,
): { readonly scene: Scene; readonly visibleSpans: TimeSpan[] } {
  const at = scene.sound.objectIndex!;
  const before = scene.objects[at]!;
  const area = before.widthMetres * before.heightMetres;
  const proportion = sprite.width / sprite.height;
  const widthMetres = Math.sqrt(area * proportion);
  const after: SceneObject = {
    ...before,
    picture: sprite.id,
    widthMetres,
    heightMetres: widthMetres / proportion,
  };
  const objects = scene.objects.map((object, index) => (index === at ? after : object));
  return {
    scene: { ...scene, objects },
    visibleSpans: visibleSpans(
      after.trajectory,
      after.widthMetres,
      after.heightMetres,
      scene.camera,
      scene.durationSeconds,
    ),
  };
}
