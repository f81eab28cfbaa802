/** @file Writes sets of scenes: the JSON of each, its true sound as WAV, and the truth that belongs to it. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeWav } from '../audio/wav-writer.js';
import { FoleyError } from '../errors/foley-error.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { openPictures, type PictureStore } from './picture-store.node.js';
import { planScene } from './plan-scene.js';
import { parseScene, type Scene } from './scene.js';
import { encodeSceneClip } from './scene-clip.node.js';
import { type SceneTruth, type SceneWave, soundOfScene } from './scene-sound.js';
import { openSoundLibrary } from './sound-library.node.js';
import { withSyntheticSounds } from './synthetic-library.js';

export const dataScenesOptions = z.strictObject({
  audioFolder: z.string().min(1),
  cacheFolder: z.string().min(1),
  /** What `data pictures` wrote. */
  picturesFolder: z.string().min(1),
  outFolder: z.string().min(1),
  split: z.enum(['train', 'val']).default('train'),
  count: z.number().int().positive().max(100_000).default(100),
  /** Number of the first scene; scenes with the same number are the same. */
  firstSeed: z.number().int().min(0).default(0),
  durationSeconds: z.number().positive().max(120).default(10.24),
  /** Also an H.264 clip of each, with its stereo sound; null for none (frames can be drawn from the JSON). */
  clip: z
    .strictObject({
      width: z.number().int().min(32).max(1920).multipleOf(2).default(320),
      height: z.number().int().min(32).max(1080).multipleOf(2).default(240),
      framesPerSecond: z.number().positive().max(60).default(30),
    })
    .nullable()
    .default(null),
});
export type DataScenesOptions = z.infer<typeof dataScenesOptions>;

export interface SceneFiles {
  readonly id: string;
  readonly scenePath: string;
  readonly truthPath: string;
  readonly monoPath: string;
  readonly stereoPath: string;
  readonly clipPath: string | null;
}

/**
 * Writes `<id>.scene.json`, `<id>.truth.json`, `<id>.wav` (mono, what the model learns), `<id>.stereo.wav` and, if
 * asked, `<id>.mp4` for each scene.
 * @throws FoleyError as `openSoundLibrary`, `openPictures` and `encodeSceneClip`; `output-failed`
 */
export async function writeScenes(
  options: z.input<typeof dataScenesOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<SceneFiles[]> {
  const settings = dataScenesOptions.parse(options);
  const library = withSyntheticSounds(await openSoundLibrary(settings));
  const pictures = await openPictures(settings.picturesFolder);
  await mkdir(settings.outFolder, { recursive: true });
  const written: SceneFiles[] = [];
  for (let index = 0; index < settings.count; index++) {
    const seed = String(settings.firstSeed + index).padStart(5, '0');
    const { split, durationSeconds } = settings;
    const scene = planScene({ split, seed, pictures: pictures.index, library, durationSeconds });
    const sound = soundOfScene(scene, library);
    const clip =
      settings.clip === null
        ? null
        : { path: join(settings.outFolder, `${scene.id}.mp4`), pictures, settings: settings.clip };
    const files = await writeScene(scene, sound, settings.outFolder, clip);
    written.push(files);
    onProgress?.(index + 1, settings.count);
  }
  return written;
}

/** Writes the files of one scene; its JSON last, so that a scene whose JSON is there is complete. */
export async function writeScene(
  scene: Scene,
  { sampleRateHz, mono, left, right, truth }: SceneWave,
  outFolder: string,
  clip: {
    readonly path: string;
    readonly pictures: PictureStore;
    readonly settings: NonNullable<DataScenesOptions['clip']>;
  } | null = null,
): Promise<SceneFiles> {
  const path = (extension: string): string => join(outFolder, `${scene.id}.${extension}`);
  const files: SceneFiles = {
    id: scene.id,
    scenePath: path('scene.json'),
    truthPath: path('truth.json'),
    monoPath: path('wav'),
    stereoPath: path('stereo.wav'),
    clipPath: clip?.path ?? null,
  };
  const stereo = { sampleRateHz, channels: [left, right] };
  await writeFileAtomic(files.truthPath, Buffer.from(`${truthJson(truth)}\n`));
  await writeFileAtomic(files.monoPath, encodeWav({ sampleRateHz, channels: [mono] }));
  await writeFileAtomic(files.stereoPath, encodeWav(stereo));
  if (clip !== null) await encodeSceneClip(scene, clip.pictures, stereo, clip.path, clip.settings);
  await writeFileAtomic(files.scenePath, Buffer.from(`${JSON.stringify(scene)}\n`));
  return files;
}

/** The truth with its curves as arrays of four digits. */
function truthJson(truth: SceneTruth): string {
  const curve = (values: Float32Array): number[] => Array.from(values, (value) => Number(value.toFixed(4)));
  return JSON.stringify({
    ...truth,
    gain: curve(truth.gain),
    radialVelocity: curve(truth.radialVelocity),
    pan: curve(truth.pan),
  });
}

const truthSchema = z.strictObject({
  stepSeconds: z.number(),
  gain: z.array(z.number()).transform((values) => Float32Array.from(values)),
  radialVelocity: z.array(z.number()).transform((values) => Float32Array.from(values)),
  pan: z.array(z.number()).transform((values) => Float32Array.from(values)),
  spans: z.array(z.strictObject({ startSeconds: z.number(), endSeconds: z.number() })),
  onsetsSeconds: z.array(z.number()),
  visibleSpans: z.array(z.strictObject({ startSeconds: z.number(), endSeconds: z.number() })),
});

/** A scene and its truth as they were written. @throws FoleyError `input-missing`, `input-rejected` */
export async function readScene(folder: string, id: string): Promise<{ scene: Scene; truth: SceneTruth }> {
  const text = async (path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      throw new FoleyError('input-missing', `${path} cannot be read`, { cause });
    }
  };
  const scene = parseScene(await text(join(folder, `${id}.scene.json`)), `${id}.scene.json`);
  const truth = truthSchema.safeParse(JSON.parse(await text(join(folder, `${id}.truth.json`))));
  if (!truth.success)
    throw new FoleyError('input-rejected', `${id}.truth.json: ${truth.error.issues[0]!.message}`);
  return { scene, truth: truth.data };
}
