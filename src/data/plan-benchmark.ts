/** @file The scenes that models are measured on: a set of moving things that sound on, and a general one. */
import type { PictureIndex } from './picture-index.js';
import { planScene } from './plan-scene.js';
import type { Scene } from './scene.js';
import type { SceneChoice } from './scene-choice.js';
import { seededRandom } from './seeded-random.js';
import type { SoundLibrary } from './sound-library.js';
import type { MotionKind } from './trajectory.js';
import { visibleSpans } from './visibility.js';

export const benchmarkSets = ['continuous', 'general'] as const;
export type BenchmarkSetName = (typeof benchmarkSets)[number];

/** A scene and its place in the benchmark. */
export interface BenchmarkScene {
  readonly set: BenchmarkSetName;
  /** What scores are gathered by beside the class, e.g. "fast pass" or "rhythm". */
  readonly kind: string;
  readonly scene: Scene;
}

export interface PlanBenchmarkInput {
  /** Another seed gives another set of the same make. */
  readonly seed: number;
  readonly pictures: PictureIndex;
  readonly library: SoundLibrary;
  /** Both unless given. */
  readonly sets?: readonly BenchmarkSetName[];
  /** So many times as many scenes of the same make, the first of them those of one round. 1 unless given. */
  readonly rounds?: number;
}

type Path = Pick<Extract<SceneChoice, { kind: 'object' }>, 'motion' | 'speedShares' | 'nearShares'> & {
  readonly name: string;
  readonly presence: 'visible' | 'always';
};

/** `presence` "visible" where the sound belongs to what is in the picture, "always" where it is heard beyond it. */
function path(
  name: string,
  motion: MotionKind,
  speedShares: readonly [number, number],
  presence: Path['presence'] = 'visible',
  nearShares: readonly [number, number] | null = null,
): Path {
  return { name, motion, speedShares, presence, nearShares };
}

const slow = [0, 0.3] as const;
const middling = [0.3, 0.7] as const;
const fast = [0.75, 1] as const;
/** Smaller, so that it stays in the picture long enough for its pitch to be heard before and after. */
const farther = [0.12, 0.2] as const;

const slowPass = path('slow pass', 'pass-by', slow);
const fastPass = path('fast pass', 'pass-by', fast, 'visible', farther);
const heardPass = path('fast pass, heard beyond the picture', 'pass-by', fast, 'always', farther);
const approach = path('approach', 'approach-and-stop', middling, 'always');
const recede = path('recede', 'recede', middling, 'always');
const enter = path('enter', 'enter', slow);
const leave = path('leave', 'leave', middling);
const stopAndGo = path('stop and go', 'stop-and-go', slow);
const circle = path('circle', 'circle', middling);
const flyOver = path('fly over', 'fly-over', middling, 'always');

/** Ten paths for each way of moving. */
const paths = {
  ground: [slowPass, slowPass, fastPass, heardPass, approach, recede, enter, leave, stopAndGo, circle],
  rail: [slowPass, slowPass, fastPass, fastPass, heardPass, approach, recede, enter, leave, stopAndGo],
  hover: [slowPass, slowPass, fastPass, heardPass, flyOver, recede, enter, leave, circle, circle],
  air: [slowPass, slowPass, fastPass, fastPass, fastPass, heardPass, flyOver, flyOver, recede, leave],
} as const satisfies Record<string, readonly Path[]>;

/**
 * Twelve classes of moving things. Boats, wolves, cats, crows and rockets have no recording in the val split, and
 * motorcycles no picture: they are not among them.
 */
export const continuousClasses: readonly {
  readonly soundClassId: string;
  readonly subjectId: string;
  readonly ways: keyof typeof paths;
}[] = [
  { soundClassId: 'car', subjectId: 'car', ways: 'ground' },
  { soundClassId: 'truck-or-traffic', subjectId: 'truck', ways: 'ground' },
  { soundClassId: 'siren', subjectId: 'fire-engine', ways: 'ground' },
  { soundClassId: 'train', subjectId: 'train', ways: 'rail' },
  { soundClassId: 'jet-airplane', subjectId: 'jet-airplane', ways: 'air' },
  { soundClassId: 'propeller-airplane', subjectId: 'propeller-airplane', ways: 'air' },
  { soundClassId: 'helicopter', subjectId: 'helicopter', ways: 'hover' },
  { soundClassId: 'horse-gallop', subjectId: 'horse', ways: 'ground' },
  { soundClassId: 'footsteps', subjectId: 'person', ways: 'ground' },
  { soundClassId: 'dog-bark', subjectId: 'dog', ways: 'ground' },
  { soundClassId: 'birds-chirping', subjectId: 'bird', ways: 'hover' },
  { soundClassId: 'insects', subjectId: 'insect', ways: 'hover' },
];

interface Draft {
  readonly set: BenchmarkSetName;
  readonly kind: string;
  readonly choice: SceneChoice;
}

function continuousDrafts(rounds: number): Draft[] {
  return continuousClasses.flatMap(({ soundClassId, subjectId, ways }) =>
    Array.from({ length: rounds }, () => paths[ways])
      .flat()
      .map(({ name, ...way }) => ({
        set: 'continuous' as const,
        kind: name,
        choice: {
          ...way,
          kind: 'object' as const,
          subjectId,
          soundClassId,
          soundsThroughout: true,
          longestEventSeconds: soundClassId === 'dog-bark' ? 2 : null,
        },
      })),
  );
}

const scenesPerKind = 20;

/** By kind: sound class, subject, motions in turn. */
const oneShots: readonly (readonly [string, string, readonly MotionKind[]])[] = [
  ['dog-bark', 'dog', ['static', 'enter']],
  ['rooster', 'chicken', ['static', 'leave']],
  ['horn', 'car', ['static', 'pass-by']],
  ['pig', 'pig', ['static', 'enter']],
  ['chicken', 'chicken', ['static', 'leave']],
  ['elephant', 'elephant', ['static', 'enter']],
  ['wild-animal', 'wild-animal', ['static', 'leave']],
  ['sea-animal', 'sea-animal', ['static', 'enter']],
  ['cow', 'cow', ['static', 'leave']],
  ['sheep-or-goat', 'sheep', ['static', 'enter']],
];
const rhythms: readonly (readonly [string, string, readonly MotionKind[]])[] = [
  ['footsteps', 'person', ['gait', 'gait', 'enter', 'stop-and-go']],
  ['ball-bounce', 'ball', ['bounce']],
  ['hammering', 'hammer', ['static']],
];
const places: readonly (readonly [string, string])[] = [
  ['birds-chirping', 'bg:Outdoors/driveway.jpg'],
  ['wind', 'bg:Outdoors/hay_field.jpg'],
  ['insects', 'bg:Outdoors/hay_field.jpg'],
  ['insects', 'bg:Outdoors/train-tracks2.jpg'],
  ['truck-or-traffic', 'bg:Outdoors/city-with-water2.jpg'],
  ['sea-waves', 'bg:Outdoors/boardwalk.jpg'],
  ['birds-chirping', 'bg:Nature/lake.jpg'],
  ['crowd', 'bg:Sports/playing-field.jpg'],
  ['applause', 'bg:Sports/football-field.jpg'],
  ['crowd', 'bg:Indoors/hall.jpg'],
];

function generalDrafts(rounds: number): Draft[] {
  const count = scenesPerKind * rounds;
  const things = (
    kind: string,
    table: typeof oneShots,
    longestEventSeconds: number,
    soundsThroughout: boolean,
  ): Draft[] =>
    Array.from({ length: count }, (_, index) => {
      const [soundClassId, subjectId, motions] = table[index % table.length]!;
      return {
        set: 'general' as const,
        kind,
        choice: {
          kind: 'object' as const,
          soundClassId,
          subjectId,
          motion: motions[Math.floor(index / table.length) % motions.length]!,
          speedShares: [0, 1] as const,
          nearShares: null,
          presence: 'visible' as const,
          soundsThroughout,
          longestEventSeconds,
        },
      };
    });
  const ambiences = Array.from({ length: count }, (_, index) => {
    const [soundClassId, picture] = places[index % places.length]!;
    return {
      set: 'general' as const,
      kind: 'ambience',
      choice: {
        kind: 'place' as const,
        soundClassId,
        picture,
        presence: 'visible' as const,
        soundsThroughout: true,
        longestEventSeconds: null,
      },
    };
  });
  return [
    ...things('one-shot', oneShots, 3.5, false),
    ...things('rhythm', rhythms, 0.8, false),
    ...ambiences,
  ];
}

/**
 * The scenes of the sets, 8 to 10 s each: 12 classes of ten paths, and 20 one-shots, rhythms and ambiences each. All
 * from recordings, pictures and places of the val split. Further rounds walk the same tables again, with other draws. The
 * same input gives the same scenes.
 * @throws FoleyError `input-missing` where the library or the pictures lack what the tables name
 */
export function planBenchmark(input: PlanBenchmarkInput): BenchmarkScene[] {
  const { seed, sets = benchmarkSets, rounds = 1 } = input;
  const drafts = [...continuousDrafts(rounds), ...generalDrafts(rounds)].filter(({ set }) =>
    sets.includes(set),
  );
  const counts = new Map<string, number>();
  return drafts.map((draft) => {
    const { set, kind, choice } = draft;
    const group = set === 'continuous' ? choice.soundClassId : kind;
    const number = (counts.get(`${set}/${group}`) ?? 0) + 1;
    counts.set(`${set}/${group}`, number);
    const name = `${set}-${seed}-${group}-${String(number).padStart(2, '0')}`;
    return { set, kind, scene: tellingScene(name, draft, input) };
  });
}

/** So many draws of a scene are looked at; the letter of the one that is taken ends its name. */
const mostDraws = 12;
/** What a scene needs at least to say something: seen and heard so long, or so many events seen and heard. */
const leastSeconds = 1;
const leastEvents = { rhythm: 4, other: 1 };

/** The first draw that shows and sounds enough, else the one that shows most. */
function tellingScene(name: string, { kind, choice }: Draft, input: PlanBenchmarkInput): Scene {
  const { pictures, library } = input;
  const durationSeconds = seededRandom(`benchmark/${name}`).integer(80, 100) / 10;
  let best: { readonly scene: Scene; readonly share: number } | null = null;
  for (let draw = 0; draw < mostDraws; draw++) {
    const seed = `${name}${String.fromCharCode(97 + draw)}`;
    const scene = planScene({ split: 'val', seed, pictures, library, durationSeconds, choice });
    const share = tellingShare(scene, kind === 'rhythm' ? leastEvents.rhythm : leastEvents.other);
    if (share >= 1) return scene;
    if (best === null || share > best.share) best = { scene, share };
  }
  return best!.scene;
}

/** 1 or more where a scene shows and sounds enough; the scarcer of the two decides. */
function tellingShare({ objects, sound, camera, durationSeconds }: Scene, events: number): number {
  const object = sound.objectIndex === null ? undefined : objects[sound.objectIndex];
  if (object === undefined) return 1;
  const { trajectory, widthMetres, heightMetres } = object;
  const spans = visibleSpans(trajectory, widthMetres, heightMetres, camera, durationSeconds);
  const seconds = spans.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0);
  const heard = sound.events?.filter(({ timeSeconds }) =>
    spans.some(({ startSeconds, endSeconds }) => timeSeconds >= startSeconds && timeSeconds < endSeconds),
  );
  return Math.min(seconds / leastSeconds, heard === undefined ? 1 : heard.length / events);
}
