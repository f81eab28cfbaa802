/** @file Rendered scenes as the frame adapter sees them: latents of the true sound, and what the encoder sees over time. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fitColumns, melToImage } from '../audio/mel-image.js';
import { melSpectrogram } from '../audio/mel-spectrogram.js';
import { decodeWav } from '../audio/wav-reader.js';
import type { TimeSpan } from '../conditions/timeline.js';
import { openPictures } from '../data/picture-store.node.js';
import type { Scene } from '../data/scene.js';
import { drawnFor, framesOfScene } from '../data/scene-frames.node.js';
import { readScene } from '../data/scenes.node.js';
import { vagueLabelOf } from '../data/vague-labels.js';
import { createParallelEngine } from '../engine/parallel-engine.node.js';
import { FoleyError } from '../errors/foley-error.js';
import { createSmallEncoder } from '../models/small-image-text-encoder.js';
import { createWordpieceTokenizer } from '../models/wordpiece-tokenizer.js';
import { frozenParameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import { hashOf, hashOfFile } from './file-hash.node.js';
import { latentShapeOf, type MelEncoder } from './latent-cache.node.js';
import { keepRows, type Rows } from './row-cache.node.js';
import { listScenes } from './scene-list.node.js';
import type { StageContext } from './stage-context.js';

/** Scenes as they are heard and seen, and what is said of them. */
export interface SceneSplit {
  /** Words for the sound, one of several for its class ... */
  readonly captions: readonly string[];
  /** ... and those that name the class. */
  readonly labels: readonly string[];
  /** ... and those that say only what kind of thing sounds. */
  readonly kinds: readonly string[];
  /** When each truly sounds. */
  readonly spans: readonly (readonly TimeSpan[])[];
  /** Unscaled latents of the true sound, a row a scene. */
  readonly latents: Rows;
  /** Of each scene, those of the same class: itself, too. */
  readonly alike: readonly (readonly number[])[];
  /** `[seenFrames, width]` of a scene in a row. */
  readonly embeddings: Rows;
}

/** How often the encoder looks while training; in between, embeddings are interpolated. */
export interface SeenFrames {
  readonly perSecond: number;
  readonly count: number;
}

/** Which scenes of a folder are taken. */
export interface SceneChoice {
  readonly most: number;
  /** How sound and sight may belong together; a silent object teaches nothing that can be seen. */
  readonly presences: readonly Scene['sound']['presence'][];
}

/** The scenes of one split. @throws FoleyError `input-missing` where the folder holds none. */
export async function openScenes(
  split: 'train' | 'val',
  seen: SeenFrames,
  melEncoder: MelEncoder,
  context: StageContext,
  { most, presences }: SceneChoice,
): Promise<SceneSplit> {
  const folder = join(context.scenesFolder, split);
  const scenes: Scene[] = [];
  const ids: string[] = [];
  const spans: (readonly TimeSpan[])[] = [];
  for (const id of await listScenes(folder)) {
    if (ids.length === most) break;
    const { scene, truth } = await readScene(folder, id);
    if (!presences.includes(scene.sound.presence)) continue;
    scenes.push(scene);
    ids.push(id);
    spans.push(truth.spans);
  }
  if (ids.length === 0) {
    throw new FoleyError('input-missing', `${folder} holds no scenes with ${presences.join(' or ')} sound`, {
      hint: `Make them with: smooth-foley data scenes --split ${split}`,
    });
  }
  const report = (what: string) => (done: number, total: number) => {
    if (done % 20 === 0 || done === total) context.report(`scenes (${split}), ${what}: ${done} of ${total}`);
  };
  const key = hashOf([scenes, melEncoder.key]);
  const { mel } = context.model;
  const latents = await keepRows(
    join(context.cacheFolder, `scene-latents-${key}.safetensors`),
    ids.length,
    latentShapeOf(context).reduce((product, size) => product * size, 1),
    async (first) => {
      const wave = decodeWav(await readFile(join(folder, `${ids[first]!}.wav`)));
      const image = fitColumns(melToImage(melSpectrogram(wave.channels[0]!)), mel.columns);
      return [await melEncoder.encode(image.data)];
    },
    report('sound'),
  );
  const embeddings = await openEmbeddings(scenes, seen, context, report('frames'));
  return {
    captions: scenes.map(({ sound }) => sound.phrase),
    labels: scenes.map(({ sound }) => sound.label),
    kinds: scenes.map(({ sound }) => vagueLabelOf(sound.classId)),
    spans,
    latents,
    alike: scenesOfClass(scenes),
    embeddings,
  };
}

/** Of each scene, all of its class. */
function scenesOfClass(scenes: readonly Scene[]): number[][] {
  const ofClass = new Map<string, number[]>();
  scenes.forEach(({ sound: { classId } }, index) => {
    ofClass.set(classId, [...(ofClass.get(classId) ?? []), index]);
  });
  return scenes.map(({ sound: { classId } }) => ofClass.get(classId)!);
}

async function openEmbeddings(
  scenes: readonly Scene[],
  seen: SeenFrames,
  context: StageContext,
  onProgress: (done: number, total: number) => void,
): Promise<Rows> {
  const paths = ['text_encoder.safetensors', 'image_encoder.safetensors'].map((name) =>
    join(context.modelFolder, name),
  );
  const [textPath, imagePath] = paths as [string, string];
  const weightsId = await hashOfFile(imagePath);
  const { width, imageSize } = context.model.imageEncoder;
  const drawn = drawnFor(imageSize);
  // scenes are drawn on this thread while others look
  const engine = context.threads === 1 ? context.engine : createParallelEngine({ threads: context.threads });
  const open = async () => ({
    pictures: await openPictures(context.picturesFolder),
    encoder: createSmallEncoder({
      engine,
      text: frozenParameters(await openSafetensors(textPath)),
      image: frozenParameters(await openSafetensors(imagePath)),
      tokenizer: createWordpieceTokenizer(
        await readFile(join(context.modelFolder, 'tokenizer', 'vocab.txt'), 'utf8'),
      ),
      tokens: context.model.textEncoder.tokens,
      weightsId,
      imageSize,
    }),
  });
  const opened: Awaited<ReturnType<typeof open>>[] = []; // none where the file is there
  const rows = await keepRows(
    join(
      context.cacheFolder,
      `scene-frames-${hashOf([scenes, seen, drawn, imageSize, weightsId])}.safetensors`,
    ),
    scenes.length,
    seen.count * width,
    async (first) => {
      if (opened.length === 0) opened.push(await open());
      const { pictures, encoder } = opened[0]!;
      const frames = framesOfScene(scenes[first]!, pictures, { ...drawn, framesPerSecond: seen.perSecond });
      const { data } = await encoder.embedFrames(frames);
      const row = new Float32Array(seen.count * width); // past the end of the scene: zeros, nothing to see
      row.set(data.subarray(0, row.length));
      return [row];
    },
    onProgress,
  );
  for (const { encoder } of opened) await encoder.close();
  if (engine !== context.engine) await engine.close();
  return rows;
}
