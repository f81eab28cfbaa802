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

/** OpenMoji's drawings by their code points in Unicode; files leave out that one by itself is asked for in colour. */
export function emoji(codes: string): string[] {
  return codes.split(' ').map((code) => `emo:${code.replace(/^(\w+)-fe0f$/, '$1').toUpperCase()}.svg`);
}
