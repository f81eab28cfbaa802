/** @file The list of prepared pictures: sprites with transparency, whole photographs, and backgrounds. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { BACKGROUNDS, PHOTO_PREFIXES, PICTURE_FOLDERS, type PictureFolder } from './picture-packages.js';
import { SCENE_SUBJECTS } from './scene-subjects.js';

export const preparedPicture = z.strictObject({
  /** Prefix and path, e.g. "tux:vehicles/auto/sedan.png". */
  id: z.string(),
  kind: z.enum(['sprite', 'photo', 'background']),
  /** Subject ids that the picture shows; empty for backgrounds. */
  subjects: z.array(z.string()),
  split: z.enum(['train', 'val']),
  /** PNG beside the index. */
  file: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  package: z.string(),
  version: z.string(),
  licence: z.string(),
  pathInPackage: z.string(),
});
export type PreparedPicture = z.infer<typeof preparedPicture>;

export const pictureIndex = z.strictObject({
  format: z.literal('smooth-foley.pictures/1'),
  pictures: z.array(preparedPicture),
});
export type PictureIndex = z.infer<typeof pictureIndex>;

/** A picture that the tables ask for. */
export type WantedPicture = Pick<PreparedPicture, 'id' | 'kind' | 'subjects' | 'split'>;

/** Every picture that the subjects and backgrounds name, each once. */
export function wantedPictures(): WantedPicture[] {
  const wanted = new Map<string, WantedPicture>();
  for (const subject of SCENE_SUBJECTS) {
    for (const split of ['train', 'val'] as const) {
      for (const id of subject[split]) {
        const before = wanted.get(id);
        if (before !== undefined && before.split !== split) {
          throw new FoleyError('input-rejected', `picture "${id}" is in both splits`);
        }
        const kind = PHOTO_PREFIXES.includes(prefixOf(id)) ? 'photo' : 'sprite';
        wanted.set(id, { id, kind, split, subjects: [...(before?.subjects ?? []), subject.id] });
      }
    }
  }
  for (const { id, split } of BACKGROUNDS) wanted.set(id, { id, kind: 'background', split, subjects: [] });
  return [...wanted.values()];
}

/** The package folder of a picture id. @throws FoleyError `usage` for an unknown prefix */
export function folderOf(id: string): PictureFolder {
  const folder = PICTURE_FOLDERS[prefixOf(id)];
  if (folder === undefined) throw new FoleyError('usage', `picture "${id}" has no known prefix`);
  return folder;
}

/** The path of a picture inside its package. */
export function pathInPackage(id: string): string {
  return folderOf(id).folder + id.slice(id.indexOf(':') + 1);
}

function prefixOf(id: string): string {
  return id.slice(0, id.indexOf(':'));
}
