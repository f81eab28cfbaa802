/** @file Writes the page of a report as a folder: the page, and the sounds and pictures that it shows. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { melToImage } from '../../audio/mel-image.js';
import { auffusionMelSpec, melSpectrogram } from '../../audio/mel-spectrogram.js';
import { mixdown, type Wave } from '../../audio/wave.js';
import type { TimeSpan } from '../../conditions/timeline.js';
import type { BenchmarkEntry } from '../../data/benchmark-set.node.js';
import type { PictureStore } from '../../data/picture-store.node.js';
import type { Scene } from '../../data/scene.js';
import { openSceneRenderer } from '../../data/scene-frames.node.js';
import { readScene } from '../../data/scenes.node.js';
import { writeFileAtomic } from '../../files/atomic-file.node.js';
import { colourImage, encodePng, type RgbImage } from '../../pictures/index.js';
import { type HeardScene, reportPage } from './html.js';
import type { Report } from './markdown.js';
import { physicalMetrics } from './measure-sound.js';
import type { MeasurementStore } from './measurement-store.node.js';
import type { SystemId } from './systems.js';

export interface PageInput {
  readonly report: Report;
  readonly benchmarkFolder: string;
  readonly outFolder: string;
  readonly pictures: PictureStore;
  readonly store: MeasurementStore;
  readonly systems: readonly SystemId[];
  /** Scenes that can be heard. */
  readonly heard: readonly BenchmarkEntry[];
}

/** Writes `report/index.html` and what it needs into the folder. @returns the path of the page */
export async function writePage(input: PageInput): Promise<string> {
  const folder = join(input.outFolder, 'report');
  await mkdir(join(folder, 'media'), { recursive: true });
  const scenes: HeardScene[] = [];
  for (const entry of input.heard) scenes.push(await heardScene(entry, folder, input));
  const path = join(folder, 'index.html');
  await writeFileAtomic(path, Buffer.from(reportPage(input.report, scenes)));
  return path;
}

async function heardScene(
  { id, set, kind }: BenchmarkEntry,
  folder: string,
  { benchmarkFolder, pictures, store, systems }: PageInput,
): Promise<HeardScene> {
  const { scene, truth } = await readScene(benchmarkFolder, id);
  const { durationSeconds } = scene;
  const strip = `media/${id}.png`;
  await writeFileAtomic(join(folder, strip), encodePng(await drawStrip(scene, pictures)));
  const takes: HeardScene['takes'][number][] = [];
  for (const system of systems) {
    const wave = await store.readSound(id, system);
    if (wave === null) continue;
    const sound = `media/${id}.${system}.wav`;
    const spectrogram = `media/${id}.${system}.png`;
    await copyFile(store.soundPath(id, system), join(folder, sound));
    await writeFileAtomic(join(folder, spectrogram), encodePng(drawSpectrogram(wave)));
    const values = store.measurements.find((line) => line.scene === id && line.system === system)?.values;
    takes.push({ system, sound, spectrogram, measured: measuredText(values ?? {}) });
  }
  const shares = (spans: readonly TimeSpan[]): [number, number][] =>
    spans.map(({ startSeconds, endSeconds }) => [
      startSeconds / durationSeconds,
      Math.min(1, endSeconds / durationSeconds),
    ]);
  return {
    id,
    set,
    title: `${scene.sound.label}: ${kind}`,
    durationSeconds,
    strip,
    visible: shares(truth.visibleSpans),
    sounding: shares(truth.spans),
    takes,
  };
}

function measuredText(values: Readonly<Record<string, number | null>>): string {
  return physicalMetrics
    .flatMap(({ key, title, unit, decimals = 2 }) => {
      const value = values[key] ?? null;
      return value === null
        ? []
        : [`${title} ${value.toFixed(decimals)}${unit === undefined ? '' : ` ${unit}`}`];
    })
    .join(' · ');
}

const stripFrames = 8;
const frameSize = { width: 120, height: 90 };

/** Frames evenly over the scene, side by side. */
async function drawStrip(scene: Scene, pictures: PictureStore): Promise<RgbImage> {
  const renderer = await openSceneRenderer(scene, pictures, frameSize);
  const width = stripFrames * frameSize.width;
  const data = new Uint8Array(width * frameSize.height * 3);
  for (let index = 0; index < stripFrames; index++) {
    const frame = renderer.frameAt(((index + 0.5) / stripFrames) * scene.durationSeconds);
    for (let row = 0; row < frameSize.height; row++) {
      const from = 3 * row * frameSize.width;
      data.set(frame.subarray(from, from + 3 * frameSize.width), 3 * (row * width + index * frameSize.width));
    }
  }
  return { width, height: frameSize.height, data };
}

const spectrogramColumns = 400;
/** The image's 0..1 reaches to a magnitude that no wave comes near. */
const loudestDrawn = 0.85;

function drawSpectrogram(wave: Wave): RgbImage {
  const samples = mixdown(wave).channels[0]!;
  const longEnough = new Float32Array(Math.max(samples.length, auffusionMelSpec.fftSize));
  longEnough.set(samples);
  const image = melToImage(melSpectrogram(longEnough, auffusionMelSpec));
  const data = image.data.map((value) => value / loudestDrawn);
  return colourImage({ ...image, data }, spectrogramColumns);
}
