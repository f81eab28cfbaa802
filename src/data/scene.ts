/** @file A scene: everything that a rendered clip with true sound is made of, as JSON, so that it can be made again. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { motionKinds, trajectorySchema } from './trajectory.js';

const share = z.number().min(0).max(1);
const span = z.strictObject({ startSeconds: z.number(), endSeconds: z.number() });

/** How the background fills the picture. Shares are of the stored picture. */
const backgroundSchema = z.strictObject({
  picture: z.string(),
  crop: z.strictObject({ left: share, top: share, size: share }),
  mirrored: z.boolean(),
  brightness: z.number().positive(),
  /** A slow move of the crop over the clip, in shares of the stored picture; for scenes without an object. */
  drift: z.strictObject({ left: z.number(), top: z.number(), size: z.number() }),
});

const objectSchema = z.strictObject({
  picture: z.string(),
  subject: z.string(),
  widthMetres: z.number().positive(),
  heightMetres: z.number().positive(),
  mirrored: z.boolean(),
  brightness: z.number().positive(),
  castsShadow: z.boolean(),
  trajectory: trajectorySchema,
  /** Moments at which the object hops a little: what an eye sees of a bark or a step. */
  hopsSeconds: z.array(z.number()),
});

/** One event of a one-shot or stepping sound, at the source. */
const eventSchema = z.strictObject({
  timeSeconds: z.number(),
  /** Index into `files`, and of the event inside that recording. */
  take: z.number().int().min(0),
  event: z.number().int().min(0),
  gain: z.number().min(0),
});

const soundSchema = z.strictObject({
  classId: z.string(),
  label: z.string(),
  phrase: z.string(),
  /** Recordings by their name in the manifest. */
  files: z.array(z.string()).min(1),
  /** `visible`: only while the object is seen; `always`: on after it has left the picture; `silent`: never. */
  presence: z.enum(['visible', 'always', 'silent']),
  /** Index of the sounding object; null for the sound of the place itself. */
  objectIndex: z.number().int().min(0).nullable(),
  sourceHeightMetres: z.number().min(0),
  referenceMetres: z.number().positive(),
  groundReflection: share,
  levelDbfs: z.number(),
  /** Playing speed of the recordings. */
  speed: z.number().positive(),
  /** Null for a texture that sounds during `sourceSpans`. */
  events: z.array(eventSchema).nullable(),
  sourceSpans: z.array(span),
});

export const sceneSchema = z.strictObject({
  format: z.literal('smooth-foley.scene/1'),
  id: z.string().regex(/^[\w-]+$/),
  split: z.enum(['train', 'val']),
  durationSeconds: z.number().positive().max(120),
  motion: z.enum([...motionKinds, 'place', 'photo']),
  camera: z.strictObject({
    heightMetres: z.number().positive(),
    focalWidths: z.number().positive(),
    horizon: z.number(),
    aspect: z.number().positive(),
  }),
  background: backgroundSchema,
  objects: z.array(objectSchema),
  sound: soundSchema,
  /** Pictures and recordings with their licences; the clip may be handed on only if all of them allow it. */
  licences: z.array(z.strictObject({ id: z.string(), licence: z.string() })),
  redistributable: z.boolean(),
});
export type Scene = z.infer<typeof sceneSchema>;
export type SceneObject = Scene['objects'][number];
export type SceneSound = Scene['sound'];

/** Reads a scene's JSON text. @throws FoleyError `input-rejected`, naming file and field */
export function parseScene(text: string, name: string): Scene {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${name}: is not JSON`, { cause });
  }
  const parsed = sceneSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new FoleyError('input-rejected', `${name}: ${issue.path.join('.')}: ${issue.message}`, {
      hint: 'Scenes are written by: smooth-foley data scenes',
    });
  }
  return parsed.data;
}
