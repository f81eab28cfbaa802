/** @file Opens the pairs of networks that say how well sounds go with frames, and keeps what they saw of each scene. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { labelOf } from '../../data/captions.js';
import type { PictureStore } from '../../data/picture-store.node.js';
import { readScene } from '../../data/scenes.node.js';
import { SOUND_CLASSES } from '../../data/sound-classes.js';
import type { Engine } from '../../engine/engine.js';
import { FoleyError } from '../../errors/foley-error.js';
import { meanVector } from '../../evaluation/embedders/audio-embedder.js';
import type { FrameEmbedder } from '../../evaluation/embedders/clip-frames.js';
import { openClipFrames } from '../../evaluation/embedders/open-embedder.node.js';
import { framesPerLook } from '../../evaluation/frame-audio-score.js';
import type { Embeddings } from '../../evaluation/frechet-distance.js';
import { openSeeingStations } from '../../foley/open-stations.node.js';
import { parseRequest } from '../../foley/request.js';
import { sceneClip } from '../scene-source.node.js';
import { type FrameAudioPair, heardAsLabels } from './frame-audio.js';
import type { Judge } from './hearing.node.js';
import type { ReportOptions } from './options.js';
import { namingJudge } from './report.js';

export interface OpenPairs {
  readonly pairs: readonly FrameAudioPair[];
  close(): Promise<void>;
}

/**
 * The model's own image tower with the tagger, where the model reads labels; and CLIP with Wav2CLIP, where both were given.
 *
 * @throws FoleyError `usage` for CLIP without Wav2CLIP
 */
export async function openFrameAudioPairs(
  options: ReportOptions,
  judges: readonly Judge[],
  pictures: PictureStore,
  engine: Engine,
): Promise<OpenPairs> {
  const { model, threads, clipFrames } = options;
  const pairs: FrameAudioPair[] = [];
  const request = parseRequest({ video: '-', label: '-', model, threads, cacheDir: 'none' });
  const stations = await openSeeingStations(request);
  const naming = judges.find(({ name }) => name === namingJudge);
  if (naming !== undefined && stations.readsLabels) {
    const labels = await stations.encoder.embedTexts(SOUND_CLASSES.map(labelOf));
    const seen = await lookingAt(stations.encoder, options, pictures);
    pairs.push({ key: 'frameAudio', embedder: naming.embedder.id, seen, heard: heardAsLabels(labels) });
  }
  const clip = clipFrames === null ? null : await openClipFrames(clipFrames, engine);
  if (clip !== null) {
    const wav2clip = judges.find(({ name }) => name === 'wav2clip');
    if (wav2clip === undefined) {
      throw new FoleyError('usage', 'frames seen by CLIP need sounds heard by Wav2CLIP', {
        hint: 'Add --embedder wav2clip=FILE.',
      });
    }
    const seen = await lookingAt(clip, options, pictures);
    pairs.push({ key: 'clipScore', embedder: wav2clip.embedder.id, seen, heard: (sound) => sound });
  }
  return {
    pairs,
    close: async () => {
      await clip?.close();
      await stations.close();
    },
  };
}

const seenLine = z.object({ frames: z.string(), scene: z.string(), mean: z.array(z.number()) });

/** Mean embeddings of the frames of scenes, each computed once and kept in the report's folder. */
async function lookingAt(
  embedder: FrameEmbedder,
  { outFolder, benchmarkFolder }: ReportOptions,
  pictures: PictureStore,
): Promise<FrameAudioPair['seen']> {
  const path = join(outFolder, 'frames.jsonl');
  const known = await readSeen(path, embedder.id);
  return async (id) => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const { scene } = await readScene(benchmarkFolder, id);
    const clip = sceneClip(scene, pictures);
    const frames = clip.frames({
      startSeconds: 0,
      endSeconds: scene.durationSeconds,
      framesPerSecond: 30 / framesPerLook,
      fit: {
        kind: 'shortest-side',
        pixels: embedder.imageSize,
        ...(embedder.pictureFilter === undefined ? {} : { filter: embedder.pictureFilter }),
      },
    });
    const data = meanVector(await embedder.embedFrames(frames));
    const mean = { width: data.length, data };
    known.set(id, mean);
    await appendFile(path, `\n${JSON.stringify({ frames: embedder.id, scene: id, mean: [...data] })}`);
    return mean;
  };
}

/** What a tower has seen before; lines that a stopped process left unfinished count as absent. */
async function readSeen(path: string, id: string): Promise<Map<string, Embeddings>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new FoleyError('input-rejected', `${path} cannot be read`, { cause: error });
  });
  const seen = new Map<string, Embeddings>();
  for (const line of text.split('\n')) {
    const parsed = seenLine.safeParse(parsedOrNull(line));
    if (!parsed.success || parsed.data.frames !== id) continue;
    const data = Float32Array.from(parsed.data.mean);
    seen.set(parsed.data.scene, { width: data.length, data });
  }
  return seen;
}

function parsedOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
