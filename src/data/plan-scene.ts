/** @file Draws scenes: what is seen, where it goes, and what of it is heard, each from a seed. */

import { FoleyError } from '../errors/foley-error.js';
import { labelOf, phraseOf } from './captions.js';
import type { PictureIndex, PreparedPicture } from './picture-index.js';
import { BACKGROUNDS, isRedistributable } from './picture-packages.js';
import { planEvents } from './plan-events.js';
import { planTrajectory } from './plan-trajectory.js';
import type { Scene, SceneObject } from './scene.js';
import type { SceneChoice } from './scene-choice.js';
import { soundingTrajectory } from './scene-sound.js';
import { type Place, type SceneSubject, sizeOfSubject, speedsWithin } from './scene-subject.js';
import { SCENE_SUBJECTS } from './scene-subjects.js';
import { type SeededRandom, seededRandom } from './seeded-random.js';
import type { LibrarySound, SoundLibrary } from './sound-library.js';
import { syntheticSource } from './synthetic-library.js';
import { nearestMetres } from './trajectory.js';

export interface PlanSceneInput {
  readonly split: 'train' | 'val';
  readonly seed: string | number;
  readonly pictures: PictureIndex;
  /** Of any splits; only recordings of the scene's split are used. */
  readonly library: SoundLibrary;
  readonly durationSeconds: number;
  /** What a set settles beforehand; all is drawn where it is left out. */
  readonly choice?: SceneChoice;
}

/** Shares of scenes: the object falls silent, sounds on after it has left, or none of both. */
const silentShare = 0.2;
const alwaysShare = 0.2;
/** Shares of scenes that show no cut-out object but a place or a photograph. */
const placeShare = 0.1;
const photoShare = 0.08;

/** A scene; the same input gives the same scene. Sounds and pictures come from the split only. */
export function planScene(input: PlanSceneInput): Scene {
  const random = seededRandom(`scene/${input.split}/${input.seed}`);
  if (input.choice !== undefined) {
    const plan = new ScenePlan(input, random);
    return input.choice.kind === 'place' ? plan.chosenPlace(input.choice) : plan.object(input.choice);
  }
  const draw = random.next();
  const kind = draw < placeShare ? 'place' : draw < placeShare + photoShare ? 'photo' : 'object';
  const plan = new ScenePlan(input, random);
  if (kind === 'place') return plan.place() ?? plan.object();
  if (kind === 'photo') return plan.photo() ?? plan.object();
  return plan.object();
}

/** What a kind of scene leaves to the common end. */
type Draft = Pick<Scene, 'motion' | 'camera' | 'background' | 'objects'> & {
  readonly soundClassId: string;
  readonly objectIndex: number | null;
  readonly isStepping: boolean;
};

const stillCamera = { heightMetres: 1.6, focalWidths: 1, horizon: 0.5, aspect: 4 / 3 };

class ScenePlan {
  readonly #input: PlanSceneInput;
  readonly #random: SeededRandom;
  readonly #pictures: readonly PreparedPicture[];
  readonly #sounds: readonly LibrarySound[];

  constructor(input: PlanSceneInput, random: SeededRandom) {
    this.#input = input;
    this.#random = random;
    this.#pictures = input.pictures.pictures.filter((picture) => picture.split === input.split);
    const longest = input.choice?.longestEventSeconds ?? Number.POSITIVE_INFINITY;
    this.#sounds = input.library.sounds.filter(
      (sound) =>
        sound.row.split === input.split &&
        sound.events.length > 0 &&
        sound.events.every((event) => event.endSeconds - event.startSeconds <= longest),
    );
  }

  /** A cut-out object on a background. @throws FoleyError `input-missing` where what was chosen has no picture or sound */
  object(choice: Extract<SceneChoice, { kind: 'object' }> | null = null): Scene {
    const random = this.#random;
    const possible = SCENE_SUBJECTS.filter(
      (subject) =>
        this.#spritesOf(subject).length > 0 &&
        subject.soundClassIds.some((id) => this.#hasSound(id)) &&
        (choice === null || subject.id === choice.subjectId),
    );
    if (possible.length === 0) throw this.#nothingFor(choice?.subjectId ?? 'any object');
    const weights = possible.map((subject) => subject.weight ?? 1);
    const subject = random.pickWeighted(possible, weights);
    const soundClassId =
      choice?.soundClassId ?? random.pick(subject.soundClassIds.filter((id) => this.#hasSound(id)));
    if (!this.#hasSound(soundClassId)) throw this.#nothingFor(soundClassId);
    const motion = choice?.motion ?? random.pick(subject.motions);
    const places = subject.places.filter((place) => this.#backgroundsFor(place).length > 0);
    const place = random.pick(places);
    const picture = random.pick(this.#spritesOf(subject));
    const dimensions = sizeOfSubject(subject, picture, random);
    const airborne = place === 'air' || motion === 'fly-over' || (motion === 'circle' && choice === null);
    const { camera, trajectory } = planTrajectory(
      {
        motion,
        ...dimensions,
        metresPerSecond:
          choice === null ? subject.metresPerSecond : speedsWithin(subject, choice.speedShares),
        airborne,
        durationSeconds: this.#input.durationSeconds,
        ...(choice?.nearShares ? { nearShares: choice.nearShares } : {}),
      },
      random,
    );
    const brightness = random.uniform(0.75, 1.1);
    const main: SceneObject = {
      picture: picture.id,
      subject: subject.id,
      ...dimensions,
      mirrored: random.chance(0.5),
      brightness: brightness * random.uniform(0.92, 1.08),
      castsShadow: !airborne && place !== 'water',
      trajectory,
      hopsSeconds: [],
    };
    const bystanders = this.#bystanders(main, soundClassId, place, camera, brightness);
    const backgroundId = random.pick(this.#backgroundsFor(place)).id;
    return this.#finish({
      motion,
      camera,
      background: { ...this.#fill(backgroundId), brightness },
      objects: [main, ...bystanders],
      soundClassId,
      objectIndex: 0,
      isStepping: subject.steps === true,
    });
  }

  /** A place with a sound of its own, seen by a slowly moving camera. */
  place(): Scene | null {
    const sounding = BACKGROUNDS.filter(
      (entry) =>
        entry.split === this.#input.split &&
        this.#pictures.some((picture) => picture.id === entry.id) &&
        entry.soundClassIds.some((id) => this.#hasSound(id)),
    );
    if (sounding.length === 0) return null;
    const place = this.#random.pick(sounding);
    const soundClassId = this.#random.pick(place.soundClassIds.filter((id) => this.#hasSound(id)));
    return this.#wholePicture('place', place.id, soundClassId);
  }

  /** The place that was chosen. @throws FoleyError `input-missing` where it has no picture or no sound */
  chosenPlace({ picture, soundClassId }: Extract<SceneChoice, { kind: 'place' }>): Scene {
    if (!this.#pictures.some(({ id }) => id === picture)) throw this.#nothingFor(picture);
    if (!this.#hasSound(soundClassId)) throw this.#nothingFor(soundClassId);
    return this.#wholePicture('place', picture, soundClassId);
  }

  #nothingFor(what: string): FoleyError {
    return new FoleyError(
      'input-missing',
      `there is no picture or no recording of the ${this.#input.split} split for ${what}`,
    );
  }

  /** A photograph of an animal. */
  photo(): Scene | null {
    const photos = this.#pictures.filter(
      (picture) => picture.kind === 'photo' && this.#soundOfPhoto(picture).length > 0,
    );
    if (photos.length === 0) return null;
    const photo = this.#random.pick(photos);
    return this.#wholePicture('photo', photo.id, this.#random.pick(this.#soundOfPhoto(photo)));
  }

  #soundOfPhoto(photo: PreparedPicture): string[] {
    return SCENE_SUBJECTS.filter((subject) => photo.subjects.includes(subject.id))
      .flatMap((subject) => subject.soundClassIds)
      .filter((id) => this.#hasSound(id));
  }

  #wholePicture(motion: 'place' | 'photo', picture: string, soundClassId: string): Scene {
    const random = this.#random;
    const drift = {
      left: random.uniform(-0.05, 0.05),
      top: random.uniform(-0.05, 0.05),
      size: random.uniform(-0.1, 0),
    };
    const size = random.uniform(0.75, 0.85);
    const free = 1 - size;
    return this.#finish({
      motion,
      camera: stillCamera,
      background: {
        picture,
        crop: {
          left: clamp(free * random.next(), 0.05, free - 0.05),
          top: clamp(free * random.next(), 0.05, free - 0.05),
          size,
        },
        mirrored: random.chance(0.5),
        brightness: random.uniform(0.75, 1.1),
        drift,
      },
      objects: [],
      soundClassId,
      objectIndex: null,
      isStepping: false,
    });
  }

  /** Up to two silent things that stand farther away. */
  #bystanders(
    main: SceneObject,
    soundClassId: string,
    place: Place,
    camera: Scene['camera'],
    brightness: number,
  ): SceneObject[] {
    const random = this.#random.fork('bystanders');
    if (place === 'air' || main.trajectory.type === 'bounce') return [];
    const others = SCENE_SUBJECTS.filter(
      (subject) =>
        !subject.soundClassIds.includes(soundClassId) &&
        subject.places.includes(place) &&
        this.#spritesOf(subject).length > 0,
    );
    const count = others.length === 0 ? 0 : random.pickWeighted([0, 1, 2], [0.6, 0.28, 0.12]);
    return Array.from({ length: count }, () => {
      const subject = random.pick(others);
      const picture = random.pick(this.#spritesOf(subject));
      const dimensions = sizeOfSubject(subject, picture, random);
      const z =
        (camera.focalWidths * Math.max(dimensions.widthMetres, dimensions.heightMetres)) /
        random.uniform(0.06, 0.16);
      return {
        picture: picture.id,
        subject: subject.id,
        ...dimensions,
        mirrored: random.chance(0.5),
        brightness: brightness * random.uniform(0.85, 1),
        castsShadow: place !== 'water',
        trajectory: {
          type: 'still' as const,
          at: { x: ((z * 0.5) / camera.focalWidths) * random.uniform(-0.9, 0.9), y: 0, z },
        },
        hopsSeconds: [],
      };
    });
  }

  #finish(draft: Draft): Scene {
    const { input, random } = { input: this.#input, random: this.#random.fork('sound') };
    const files = this.#drawTakes(draft.soundClassId, random);
    const { soundClassId, objectIndex, isStepping, ...visible } = draft;
    const object = objectIndex === null ? undefined : draft.objects[objectIndex];
    const trajectory =
      object?.trajectory ??
      soundingTrajectory({ objects: [], sound: { objectIndex: null, referenceMetres: 5 } as Scene['sound'] });
    const speed = 2 ** (random.uniform(-2, 2) / 12);
    const planned = planEvents(
      {
        takes: files,
        trajectory,
        isStepping,
        speed,
        durationSeconds: input.durationSeconds,
        motion: draft.motion,
        ...(input.choice?.soundsThroughout ? { soundsThroughout: true } : {}),
      },
      random,
    );
    const presence =
      input.choice?.presence ??
      random.pickWeighted(['silent', 'always', 'visible'] as const, [
        silentShare,
        alwaysShare,
        1 - silentShare - alwaysShare,
      ]);
    const row = files[0]!.row;
    const objects = draft.objects.map((entry, index) =>
      index === objectIndex && presence !== 'silent' ? { ...entry, hopsSeconds: planned.hopsSeconds } : entry,
    );
    const pictureLicences = [draft.background.picture, ...draft.objects.map((entry) => entry.picture)].map(
      (id) => ({
        id,
        licence: this.#pictures.find((picture) => picture.id === id)!.licence,
      }),
    );
    const soundLicences = files.map(({ row: { file, licenceTier, source } }) => ({
      id: file,
      licence: source === syntheticSource ? 'own work' : `tier ${licenceTier}`,
    }));
    return {
      format: 'smooth-foley.scene/1',
      id: `${input.split}-${input.seed}`,
      split: input.split,
      durationSeconds: input.durationSeconds,
      ...visible,
      objects,
      sound: {
        classId: soundClassId,
        label: labelOf(files[0]!.soundClass),
        phrase: phraseOf(row, random),
        files: files.map((sound) => sound.row.file),
        presence,
        objectIndex,
        sourceHeightMetres: object === undefined ? 0 : object.heightMetres / 2,
        referenceMetres: nearestMetres(trajectory, draft.camera.heightMetres, input.durationSeconds),
        groundReflection: object?.castsShadow === true && random.chance(0.4) ? random.uniform(0.1, 0.4) : 0,
        levelDbfs: -21 + random.uniform(-3, 3),
        speed,
        events: planned.events,
        sourceSpans: planned.sourceSpans,
      },
      licences: [...pictureLicences, ...soundLicences],
      redistributable: pictureLicences.every(({ licence }) => isRedistributable(licence)),
    };
  }

  /** One recording and up to five further takes of its group. */
  #drawTakes(soundClassId: string, random: SeededRandom): LibrarySound[] {
    const ofClass = this.#sounds.filter((sound) => sound.soundClass.id === soundClassId);
    const recorded = ofClass.filter((sound) => sound.row.source !== syntheticSource);
    const pool = recorded.length > 0 && random.chance(0.7) ? recorded : ofClass;
    const groups = [...new Set(pool.map((sound) => sound.row.sourceGroup))];
    const group = random.pick(groups);
    const sounds = pool.filter((sound) => sound.row.sourceGroup === group);
    const main = random.pick(sounds);
    return [
      main,
      ...sounds.filter((sound) => sound !== main && sound.row.fineLabel === main.row.fineLabel).slice(0, 5),
    ];
  }

  #hasSound(soundClassId: string): boolean {
    return this.#sounds.some((sound) => sound.soundClass.id === soundClassId);
  }

  #spritesOf(subject: SceneSubject): PreparedPicture[] {
    return this.#pictures.filter(
      (picture) => picture.kind === 'sprite' && picture.subjects.includes(subject.id),
    );
  }

  #backgroundsFor(place: Place): { readonly id: string }[] {
    return BACKGROUNDS.filter(
      (entry) =>
        entry.split === this.#input.split &&
        entry.places.includes(place) &&
        this.#pictures.some((picture) => picture.id === entry.id),
    );
  }

  #fill(picture: string): Omit<Scene['background'], 'brightness'> {
    const random = this.#random;
    const size = random.uniform(0.78, 1);
    return {
      picture,
      crop: { left: (1 - size) * random.next(), top: (1 - size) * random.next(), size },
      mirrored: random.chance(0.5),
      drift: { left: 0, top: 0, size: 0 },
    };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
