/** @file The notation in which the tables of scene subjects are written. */
import type { SceneSubject } from './scene-subject.js';

/** A subject by its id in a table. */
export type SubjectRow = Omit<SceneSubject, 'id'>;

/** "prefix:folder/ a.png b.png" becomes one entry for each name. */
export function pictures(...groups: readonly string[]): string[] {
  return groups.flatMap((group) => {
    const [folder, ...names] = group.split(' ');
    return names.map((name) => `${folder}${name}`);
  });
}
