/** @file Everything that can be seen and heard in a scene. */
import { ANIMALS } from './scene-animals.js';
import { PEOPLE, THINGS } from './scene-people-and-things.js';
import type { SceneSubject } from './scene-subject.js';
import { VEHICLES } from './scene-vehicles.js';

/** Scenes are drawn from this list by index: a new order gives other scenes for the same seeds. */
export const SCENE_SUBJECTS: readonly SceneSubject[] = Object.entries({
  ...VEHICLES,
  ...PEOPLE,
  ...ANIMALS,
  ...THINGS,
}).map(([id, row]) => ({
  id,
  ...row,
}));
