/** @file What a model sees of rendered scenes: frame embeddings (cached), and which scenes say something about timing. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import { Timeline } from '../conditions/timeline.js';
import type { Scene } from '../data/scene.js';
import type { SceneTruth } from '../data/scene-sound.js';
import { readScene } from '../data/scenes.node.js';
import { FoleyError } from '../errors/foley-error.js';
import { embedClip } from '../foley/embed-clip.js';
import type { JobHooks } from '../foley/progress.js';
import { exactSpeed } from '../foley/speed.js';
import type { Clip, SeeingStations } from '../foley/stations.js';
import { groupOf, type SceneGroup } from './scene-groups.js';

export interface KnownScene {
  readonly id: string;
  readonly scene: Scene;
  readonly truth: SceneTruth;
  readonly group: SceneGroup;
}

/** The scenes of a folder that `isWanted` lets through, by name; at most `count`. Those whose thing is never in view are left out. */
export async function allScenes(
  folder: string,
  isWanted: (known: KnownScene) => boolean = () => true,
  count: number = Number.POSITIVE_INFINITY,
): Promise<KnownScene[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const ids = names
    .filter((name) => name.endsWith('.scene.json'))
    .map((name) => name.replace('.scene.json', ''))
    .sort();
  const found: KnownScene[] = [];
  for (const id of ids) {
    if (found.length === count) break;
    const { scene, truth } = await readScene(folder, id);
    const group = groupOf(scene, truth.visibleSpans);
    if (group === null) continue;
    const known = { id, scene, truth, group };
    if (isWanted(known)) found.push(known);
  }
  return found;
}

/** The scenes themselves. @throws FoleyError `input-missing` where there are fewer than `count` */
export function enoughScenes(
  scenes: readonly KnownScene[],
  count: number,
  folder: string,
): readonly KnownScene[] {
  if (scenes.length >= count) return scenes.slice(0, count);
  throw new FoleyError('input-missing', `${folder} holds ${scenes.length} scenes to measure, not ${count}`, {
    hint: 'Render more with: smooth-foley data scenes, or give a smaller --count.',
  });
}

/** Frame embeddings of a whole clip, from the cache where they are there. */
export function seeWholeClip(
  clip: Clip,
  stations: Pick<SeeingStations, 'encoder' | 'embeddingCache' | 'timeline'>,
  looksPerSecond: number,
  signal?: AbortSignal,
): Promise<FrameEmbeddings> {
  const hooks: JobHooks = signal ? { signal } : {};
  return embedClip(
    clip,
    { startSeconds: 0, durationSeconds: clip.facts.durationSeconds },
    new Timeline({ ...stations.timeline, raster: 'exact' }),
    stations,
    hooks,
    { frameTolerance: exactSpeed.frameTolerance, looksPerSecond },
  );
}

/** The encoder with every text embedded once, however often it is asked for. */
export function rememberingTexts(encoder: ImageTextEncoder): ImageTextEncoder {
  return {
    ...encoder,
    embedTexts: remembering((texts) => encoder.embedTexts(texts)),
    ...(encoder.embedPlaceLabels === undefined
      ? {}
      : { embedPlaceLabels: remembering((texts) => encoder.embedPlaceLabels!(texts)) }),
  };
}

type EmbedTexts = ImageTextEncoder['embedTexts'];

function remembering(embed: EmbedTexts): EmbedTexts {
  const known = new Map<string, Float32Array>();
  return async (texts) => {
    const missing = [...new Set(texts.filter((text) => !known.has(text)))];
    const found = missing.length === 0 ? [] : await embed(missing);
    missing.forEach((text, index) => {
      known.set(text, found[index]!);
    });
    return texts.map((text) => known.get(text)!);
  };
}
