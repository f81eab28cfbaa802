/** @file Which scenes a batch of the frame adapter's training has, and what each is told: text, sight, timing. */
import { z } from 'zod';
import type { SeededRandom } from '../data/seeded-random.js';
import type { SceneSplit } from './scene-dataset.node.js';

const share = z.number().min(0).max(1);
const dropShare = share.default(0.05);

/** Fields of the stage's configuration. */
export const sceneDrawFields = {
  /** Shares of scenes without text, without frames (zeros), and without both, as in IP-Adapter. */
  dropout: z.strictObject({ text: dropShare, frames: dropShare, both: dropShare }).prefault({}),
  /** Share of the others that are trained with the bare label, which is what people type. */
  labelShare: share.default(0),
  /** Share of those with text whose text says only what kind of thing sounds, so that the picture has to say which. */
  vagueShare: share.default(0),
  /**
   * Share of scenes in which the trained temporal adapter, told the true spans, acts beside the frames: there these learn
   * what timing does not say. 0 leaves it out, and needs none.
   */
  timedShare: share.default(0),
  /**
   * How much of the target is what the backbone predicts of the same noisy latents with the label and the true timing,
   * wherever the scene is told less. Its mean is that of the noise that was added, without the noise's own spread, so that
   * what frames say of class and timing is learned in fewer updates. 0: the diffusion loss as it is.
   */
  taughtShare: share.default(0),
  /**
   * Share of scenes that are shown as another one of the same class, at the same apparent size: scenes pair pictures and
   * recordings of a class by chance, and what tells one scene from all others would be learned by heart.
   */
  otherSightShare: share.default(0),
};
const sceneDrawSchema = z.strictObject(sceneDrawFields);
export type SceneDrawConfig = z.infer<typeof sceneDrawSchema>;

/** One scene of a batch. */
export interface SceneDraw {
  readonly scene: number;
  /** Empty: no text. */
  readonly text: string;
  /** The scene whose frames are shown; null: none are. */
  readonly sight: number | null;
  /** Whether the true spans are told. */
  readonly isTimed: boolean;
  /** How much of the target the backbone gives that knows label and timing. */
  readonly taught: number;
}

/**
 * Draws a batch. For validation nothing is hidden from a scene but its text, every sight is its own, and the target is
 * the true one.
 */
export function drawScenes(
  split: SceneSplit,
  config: SceneDrawConfig,
  count: number,
  random: SeededRandom,
  isTraining: boolean,
): SceneDraw[] {
  return Array.from({ length: count }, (): SceneDraw => {
    const scene = random.integer(0, split.captions.length - 1);
    const { hasText, hasFrames } = drawDropout(config, random, isTraining);
    const text = hasText ? drawText(split, scene, config, random) : '';
    const isTimed = random.chance(config.timedShare);
    const isOther = random.chance(config.otherSightShare);
    const sight = isTraining && isOther ? random.pick(split.alike[scene]!) : scene;
    const knowsAll = isTimed && (text === split.labels[scene] || text === split.captions[scene]);
    const isTaught = isTraining && hasFrames && !knowsAll;
    return {
      scene,
      text,
      sight: hasFrames ? sight : null,
      isTimed,
      taught: isTaught ? config.taughtShare : 0,
    };
  });
}

function drawDropout(
  { dropout: { text, frames, both } }: SceneDrawConfig,
  random: SeededRandom,
  isTraining: boolean,
): { readonly hasText: boolean; readonly hasFrames: boolean } {
  const draw = random.next();
  const hidesFrames = draw >= text && draw < text + both + frames;
  return { hasText: draw >= text + both, hasFrames: !(isTraining && hidesFrames) };
}

function drawText(
  { captions, labels, kinds }: SceneSplit,
  scene: number,
  { labelShare, vagueShare }: SceneDrawConfig,
  random: SeededRandom,
): string {
  if (random.chance(vagueShare)) return kinds[scene]!;
  return random.chance(labelShare) ? labels[scene]! : captions[scene]!;
}
