/** @file Frames of rendered scenes as the places learn from them: the last feature map, and which class is where. */
import { join } from 'node:path';
import { openPictures } from '../data/picture-store.node.js';
import type { Scene } from '../data/scene.js';
import { drawnFor, openSceneRenderer } from '../data/scene-frames.node.js';
import { SCENE_SUBJECTS } from '../data/scene-subjects.js';
import { readScene } from '../data/scenes.node.js';
import { seededRandom } from '../data/seeded-random.js';
import { SOUND_CLASSES } from '../data/sound-classes.js';
import { positionAt } from '../data/trajectory.js';
import { type Box, projectBox } from '../data/visibility.js';
import type { Engine, Session } from '../engine/engine.js';
import { floats, input, program, tensor } from '../graph/index.js';
import { positionsOf } from '../models/class-space.js';
import { efficientNet, efficientNetLite } from '../models/efficientnet-lite.js';
import { type ImagePreprocessing, preprocessImage, type RgbImage } from '../models/image-preprocessing.js';
import { type PlaceGrid, placeGrid } from '../models/picture-places.js';
import { efficientNetPreprocessing } from '../models/small-image-text-encoder.js';
import type { Parameters } from '../weights/parameters.js';
import { jitterColours } from './colour-jitter.js';
import { hashOf } from './file-hash.node.js';
import { keepRows, type Rows } from './row-cache.node.js';
import { listScenes } from './scene-list.node.js';
import type { StageContext } from './stage-context.js';

/** Which frames are drawn. */
export interface PlaceFrames {
  readonly split: 'train' | 'val';
  /** Only scenes whose objects' pictures are kept for choosing, or only the others; null: all. */
  readonly heldOut: boolean | null;
  /** Scenes at most. */
  readonly sceneCount: number;
  readonly framesPerScene: number;
  /** Changes light and colour at random. */
  readonly isJittered: boolean;
}

export interface PlaceDataset {
  readonly count: number;
  /** `[P, features]` of a frame in a row. */
  readonly features: Rows;
  /** How much of each place is covered by something of each class: `[P, classes]`, 0..1; -1 where it is not known. */
  coverOf(frame: number): Float32Array;
}

const network = efficientNetLite.lite0;

/**
 * Draws the frames and sends them through the image network; results are kept.
 * @param image EfficientNet-Lite0's weights
 * @param weightsId their digest
 */
export async function openPlaceDataset(
  frames: PlaceFrames,
  image: { readonly parameters: Parameters; readonly weightsId: string },
  context: StageContext,
): Promise<PlaceDataset> {
  const folder = join(context.scenesFolder, frames.split);
  const scenes: Scene[] = [];
  for (const id of await listScenes(folder)) {
    if (scenes.length === frames.sceneCount) break;
    const { scene } = await readScene(folder, id);
    const isHeld = scene.objects.some(({ picture }) => isHeldOut(picture));
    if (frames.heldOut === null || frames.heldOut === isHeld) scenes.push(scene);
  }
  const shown = scenes.flatMap((scene) => {
    const random = seededRandom(`places/${scene.id}`);
    return Array.from({ length: frames.framesPerScene }, () => ({
      scene,
      timeSeconds: random.uniform(0, scene.durationSeconds),
    }));
  });
  const { imageSize } = context.model.imageEncoder;
  const preprocessing = { ...efficientNetPreprocessing, imageSize };
  const drawn = drawnFor(imageSize);
  const grid = placeGrid(imageSize);
  const key = hashOf([scenes, frames, drawn, preprocessing, image.weightsId]);
  const opened: Session[] = []; // none where the file is there
  const features = await keepRows(
    join(context.cacheFolder, `place-features-${key}.safetensors`),
    shown.length,
    grid.rows * grid.columns * network.features,
    async (first) => {
      if (opened.length === 0) opened.push(await openNetwork(context.engine, image.parameters, imageSize));
      const { scene } = shown[first]!;
      const pictures = await openPictures(context.picturesFolder);
      const renderer = await openSceneRenderer(scene, pictures, drawn);
      const rows: Float32Array[] = [];
      for (let at = first; at < shown.length && shown[at]!.scene === scene; at++) {
        const { timeSeconds } = shown[at]!;
        const plain = renderer.frameAt(timeSeconds);
        const random = seededRandom(`places/${scene.id}/${at - first}/colour`);
        const data = frames.isJittered ? jitterColours(plain, random) : plain;
        rows.push(await positionsIn(opened[0]!, { ...drawn, data }, preprocessing));
      }
      return rows;
    },
    (done, total) => {
      if (done % (20 * frames.framesPerScene) === 0 || done === total) {
        context.report(`frames of scenes (${frames.split}): ${done} of ${total}`);
      }
    },
  );
  for (const session of opened) await session.close();
  return {
    count: shown.length,
    features,
    coverOf: (frame) => coverOfPlaces(shown[frame]!.scene, shown[frame]!.timeSeconds, grid),
  };
}

async function openNetwork(engine: Engine, parameters: Parameters, imageSize: number): Promise<Session> {
  const image = input('image', [1, 3, imageSize, imageSize]);
  const positions = positionsOf(efficientNet(parameters, image, network).featureMap);
  const made = program('place-features', { inputs: [image], outputs: { positions } });
  return engine.compile(made, { optimization: 'all' });
}

/** Whether a picture of the train split belongs to the quarter on which settings may be chosen. */
export function isHeldOut(picture: string): boolean {
  return seededRandom(`held out/${picture}`).next() < heldOutShare;
}
const heldOutShare = 0.25;

/** `[P, features]` */
async function positionsIn(
  session: Session,
  picture: RgbImage,
  preprocessing: ImagePreprocessing,
): Promise<Float32Array> {
  const { imageSize } = preprocessing;
  const pixels = new Float32Array(3 * imageSize * imageSize);
  preprocessImage(picture, preprocessing, pixels);
  const outputs = await session.run({ image: tensor([1, 3, imageSize, imageSize], pixels) });
  return floats(outputs.positions!).slice();
}

/** The classes that a subject of a scene may sound like, as indices. */
const classesOfSubject: ReadonlyMap<string, readonly number[]> = new Map(
  SCENE_SUBJECTS.map(({ id, soundClassIds }) => [
    id,
    [...new Set(soundClassIds)].map((classId) => SOUND_CLASSES.findIndex((entry) => entry.id === classId)),
  ]),
);

/** See `PlaceDataset.coverOf`. The class of a scene without a cut-out object may be anywhere: it is not known. */
export function coverOfPlaces(scene: Scene, timeSeconds: number, grid: PlaceGrid): Float32Array {
  const classes = SOUND_CLASSES.length;
  const placeCount = grid.rows * grid.columns;
  const cover = new Float32Array(placeCount * classes);
  for (const object of scene.objects) {
    const at = positionAt(object.trajectory, timeSeconds);
    const box = projectBox(at, object.widthMetres, object.heightMetres, scene.camera);
    if (box === null) continue;
    for (let place = 0; place < placeCount; place++) {
      const share = coveredShare(box, place, grid);
      for (const index of classesOfSubject.get(object.subject) ?? []) {
        const at = place * classes + index;
        cover[at] = Math.max(cover[at]!, share);
      }
    }
  }
  if (scene.sound.objectIndex === null) {
    const index = SOUND_CLASSES.findIndex(({ id }) => id === scene.sound.classId);
    for (let place = 0; place < placeCount; place++) cover[place * classes + index] = -1;
  }
  return cover;
}

/** How much of a place lies inside a box. */
function coveredShare(box: Box, place: number, { rows, columns }: PlaceGrid): number {
  const row = Math.floor(place / columns);
  const column = place % columns;
  const across = Math.min(box.right * columns, column + 1) - Math.max(box.left * columns, column);
  const down = Math.min(box.bottom * rows, row + 1) - Math.max(box.top * rows, row);
  return Math.max(0, across) * Math.max(0, down);
}
