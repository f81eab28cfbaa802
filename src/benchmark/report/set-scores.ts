/** @file What can only be said of all sounds of a system together: Fréchet distances, divergence, inception score. */
import { seededRandom } from '../../data/seeded-random.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import { inceptionScore, meanKlDivergence } from '../../evaluation/class-distributions.js';
import { joinEmbeddings } from '../../evaluation/embedders/audio-embedder.js';
import type { Embeddings } from '../../evaluation/frechet-distance.js';
import { type FrechetReference, frechetReference } from '../../evaluation/frechet-reference.js';
import { mean, quantileOfSorted } from '../../evaluation/statistics.js';

/** What one embedder made of one sound. */
export interface HeardSound extends Embeddings {
  readonly classLogits: Float32Array | null;
}

/** A figure of a system, and how far it is from that of the system it is compared with. */
export interface SetScore extends Interval {
  /** This system's figure minus the other's, on the same resamples; null for the other itself. */
  readonly difference: Interval | null;
}

export interface SetScores {
  readonly system: string;
  readonly scenes: number;
  /** Null where there is no recording to compare with. */
  readonly frechetToRecordings: SetScore | null;
  readonly frechetToTruth: SetScore | null;
  /** Null where the embedder names no classes. */
  readonly divergence: SetScore | null;
  readonly inception: SetScore | null;
}

export interface SetScoresInput {
  /** By system, then by scene; systems lack no scene that another has. */
  readonly sounds: ReadonlyMap<string, ReadonlyMap<string, HeardSound>>;
  /** The paired true sounds, by scene. */
  readonly truth: ReadonlyMap<string, HeardSound> | null;
  /** Recordings of the same classes, each with the weight of its vectors. */
  readonly recordings: readonly { readonly sound: HeardSound; readonly weight: number }[];
  readonly width: number;
  /** The system that differences are told from. */
  readonly against: string;
  readonly resamples: number;
  readonly seed: number;
}

/**
 * Scores with 95 % bootstrap intervals: scenes are drawn with replacement, the same ones for every system, so that the
 * interval of a difference is that of paired sets. References stay as they are. Every sound has the weight 1, however
 * many vectors it has. The inception score is of one split: sets of a hundred scenes are too small for ten.
 */
export function setScores(input: SetScoresInput): SetScores[] {
  const { sounds, truth, recordings, width, against, resamples, seed } = input;
  // by name: the same sounds give the same intervals in whatever order they were made
  const scenes = [...(sounds.values().next().value?.keys() ?? [])].sort();
  const draws = resamplesOf(scenes.length, resamples, seed);
  const toRecordings =
    recordings.length < 2
      ? null
      : weightedReference(
          recordings.map(({ sound }) => sound),
          recordings.map(({ weight }) => weight),
          width,
        );
  const trueSounds = truth === null ? null : scenes.map((scene) => truth.get(scene)!);
  const toTruth =
    trueSounds === null || trueSounds.length < 2 ? null : weightedReference(trueSounds, null, width);
  const statistics = new Map<string, SystemStatistics>();
  for (const [system, ofScene] of sounds) {
    const list = scenes.map((scene) => ofScene.get(scene)!);
    statistics.set(system, statisticsOf(list, trueSounds, toRecordings, toTruth, width, draws));
  }
  const base = statistics.get(against) ?? null;
  return [...statistics].map(([system, own]) => ({
    system,
    scenes: scenes.length,
    ...scored(own, system === against ? null : base),
  }));
}

const scoreNames = ['frechetToRecordings', 'frechetToTruth', 'divergence', 'inception'] as const;
type ScoreName = (typeof scoreNames)[number];
/** The figure of the scenes themselves, then of each resample; null where it does not exist. */
type SystemStatistics = Record<ScoreName, Float64Array | null>;

function statisticsOf(
  list: readonly HeardSound[],
  truth: readonly HeardSound[] | null,
  toRecordings: FrechetReference | null,
  toTruth: FrechetReference | null,
  width: number,
  draws: readonly Uint16Array[],
): SystemStatistics {
  const joined = joinEmbeddings(list, width);
  const rowsOf = list.map((sound) => sound.data.length / width);
  const frechet = (reference: FrechetReference | null): Float64Array | null => {
    if (reference === null || list.length < 2) return null;
    const prepared = reference.prepare(joined);
    return Float64Array.from(draws, (draw) => prepared.distance(rowWeights(draw, rowsOf)));
  };
  const logits = list.map(({ classLogits }) => classLogits);
  const named = logits.every((row) => row !== null);
  const trueLogits = truth?.map(({ classLogits }) => classLogits) ?? [];
  const divergences =
    named && truth !== null && trueLogits.every((row) => row !== null)
      ? logits.map((row, index) => meanKlDivergence([trueLogits[index]!], [row!]))
      : null;
  return {
    frechetToRecordings: frechet(toRecordings),
    frechetToTruth: frechet(toTruth),
    divergence:
      divergences === null ? null : Float64Array.from(draws, (draw) => weightedMean(divergences, draw)),
    inception: named
      ? Float64Array.from(draws, (draw) => inceptionScore(repeated(logits as Float32Array[], draw), 1).mean)
      : null,
  };
}

function scored(own: SystemStatistics, base: SystemStatistics | null): Record<ScoreName, SetScore | null> {
  const score = (name: ScoreName): SetScore | null => {
    const values = own[name];
    if (values === null) return null;
    const others = base?.[name] ?? null;
    return {
      ...intervalOf(values),
      difference: others === null ? null : intervalOf(values.map((value, index) => value - others[index]!)),
    };
  };
  return {
    frechetToRecordings: score('frechetToRecordings'),
    frechetToTruth: score('frechetToTruth'),
    divergence: score('divergence'),
    inception: score('inception'),
  };
}

/**
 * The central 95 % of the resamples, moved so that their mean is the estimate: a resample has fewer different sounds than
 * the set, and a Fréchet distance is the larger, and an inception score the smaller, the fewer there are.
 * @param values the estimate first, then the resamples
 */
function intervalOf(values: Float64Array): Interval {
  const estimate = values[0]!;
  const resampled = values.slice(1).sort();
  const shift = estimate - mean(resampled);
  return {
    estimate,
    low: quantileOfSorted(resampled, 0.025) + shift,
    high: quantileOfSorted(resampled, 0.975) + shift,
  };
}

/** How often each scene is drawn: once each in the first row, at random in the others. */
function resamplesOf(scenes: number, resamples: number, seed: number): Uint16Array[] {
  const random = seededRandom(`set-scores/${seed}`);
  return [
    new Uint16Array(scenes).fill(1),
    ...Array.from({ length: resamples }, () => {
      const counts = new Uint16Array(scenes);
      for (let index = 0; index < scenes; index++) counts[Math.floor(random.next() * scenes)]!++;
      return counts;
    }),
  ];
}

function rowWeights(draw: Uint16Array, rowsOf: readonly number[]): Float64Array {
  return Float64Array.from(
    rowsOf.flatMap((rows, index) => new Array<number>(rows).fill(draw[index]! / rows)),
  );
}

function weightedReference(
  sounds: readonly HeardSound[],
  weights: readonly number[] | null,
  width: number,
): FrechetReference {
  const rows = sounds.flatMap((sound, index) => {
    const count = sound.data.length / width;
    return new Array<number>(count).fill((weights?.[index] ?? 1) / count);
  });
  return frechetReference(joinEmbeddings(sounds, width), rows);
}

function weightedMean(values: readonly number[], draw: Uint16Array): number {
  const total = draw.reduce((sum, count) => sum + count, 0);
  return values.reduce((sum, value, index) => sum + value * draw[index]!, 0) / total;
}

function repeated<T>(items: readonly T[], draw: Uint16Array): T[] {
  return items.flatMap((item, index) => new Array<T>(draw[index]!).fill(item));
}
