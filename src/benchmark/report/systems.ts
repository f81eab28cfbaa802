/** @file The systems that are compared: the model with and without its parts, what is simpler than it, and what bounds it. */
import type { FoleyRequestInput } from '../../foley/request.js';

export const systemIds = [
  'truth',
  'vocoder',
  'autoencoder',
  'label',
  'clip-wise',
  'frame',
  'timing',
  'both',
  'motion',
  'beyond',
  'true-timing',
  'energy',
  'sampler',
] as const;
export type SystemId = (typeof systemIds)[number];

/** What of a request makes a system. */
export interface ModelSystem {
  readonly how: 'model';
  readonly title: string;
  readonly fields: Partial<Omit<FoleyRequestInput, 'tracks' | 'timing' | 'frameAdapter'>>;
  /** Where the timing comes from: label and frames, the truth, or how much the picture changes. */
  readonly timing: 'seen' | 'true' | 'energy';
  /** Without one the prompt is empty. */
  readonly hasLabel: boolean;
  readonly adapter: 'own' | 'clip-wise';
}

/** What is not generated. */
export interface OtherSystem {
  readonly how: 'truth' | 'vocoder' | 'autoencoder' | 'sampler';
  readonly title: string;
}

export type System = ModelSystem | OtherSystem;

/** The picture's motion acts in the systems of that name, and beyond the picture, alone. */
const unmoved = { dynamics: 0, doppler: 0, pan: 0, beyond: 0 } as const;
const moved = { dynamics: 1, doppler: 1, pan: 1 } as const;
/**
 * Both adapters act fully, whatever a model does by itself, unless a system says otherwise: these stand for the model's
 * defaults, so that frames count for more where a prompt says less.
 */
export const fullyActing = { frameScale: 1, timingScale: 1 } as const;

function model(
  title: string,
  fields: ModelSystem['fields'],
  more: Partial<Pick<ModelSystem, 'timing' | 'hasLabel' | 'adapter'>> = {},
): ModelSystem {
  return {
    how: 'model',
    title,
    fields: { ...unmoved, ...fields },
    timing: 'seen',
    hasLabel: true,
    adapter: 'own',
    ...more,
  };
}

/** As long as any scene: nothing is cut off. */
const longestSceneSeconds = 10;

/** Frames without timing are pushed as hard as the text: taken as they are, they hardly act alone. */
const pushed = { visionGuidance: 3 } as const;

/** In the order of the tables. */
export const systems: Readonly<Record<SystemId, System>> = {
  truth: { how: 'truth', title: 'the true sound' },
  vocoder: { how: 'vocoder', title: 'the true sound through the vocoder' },
  autoencoder: { how: 'autoencoder', title: 'the true sound through autoencoder and vocoder' },
  label: model('the label alone', { frameScale: 0, timingScale: 0 }),
  'clip-wise': model(
    'the mean of the frames, no timing',
    // a mean counts for no more where a prompt says less: it would come no nearer, and further with silence heard
    { frameScale: 1, timingScale: 0, ...pushed },
    { adapter: 'clip-wise' },
  ),
  frame: model('frame adapter alone, no timing', { timingScale: 0, ...pushed }),
  timing: model('timing alone, no frame adapter', { frameScale: 0 }),
  both: model('frame adapter and timing', {}),
  motion: model('both, and level, pitch and direction by the motion seen', moved),
  beyond: model('the same, heard on beyond the picture', { ...moved, beyond: longestSceneSeconds }),
  'true-timing': model('both, told the true timing', {}, { timing: 'true' }),
  energy: model(
    'timing by changes in the picture, no label',
    { frameScale: 0 },
    { timing: 'energy', hasLabel: false },
  ),
  sampler: {
    how: 'sampler',
    title: 'a train recording of the class, with level and direction by the motion seen',
  },
};

/** Those that are not judged bound the others: the truth, what is made of it, and what is told of it. */
export function isJudged(system: string): boolean {
  return !['truth', 'vocoder', 'autoencoder', 'true-timing'].includes(system);
}
