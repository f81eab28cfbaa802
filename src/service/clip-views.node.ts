/** @file What a page draws of a clip or a sound: pictures in a row, extremes of the wave, the mel. Runs in a child. */
import { decodeAudioFile } from '../audio/decode-audio-file.node.js';
import { melToImage } from '../audio/mel-image.js';
import { auffusionMelSpec, melSpectrogram } from '../audio/mel-spectrogram.js';
import { resample } from '../audio/resample.js';
import { cut, mixdown, sampleCount, secondsToSamples, type Wave } from '../audio/wave.js';
import { FoleyError } from '../errors/foley-error.js';
import { colourImage, encodePng, type RgbImage } from '../pictures/raster-image.js';
import { frameStream } from '../video/frame-stream.node.js';
import { openMedia } from '../video/open-media.node.js';
import { readSoundtrack } from '../video/soundtrack.node.js';
import type { Filmstrip, Peaks } from './contract.js';

interface Stretch {
  readonly fromSeconds?: number | undefined;
  readonly toSeconds?: number | undefined;
}

/** What to draw, of which file. `clip`: its own sound; `sound`: a WAV or FLAC. */
export type ViewTask = { readonly path: string } & Stretch &
  (
    | { readonly kind: 'filmstrip'; readonly frames: number; readonly height: number }
    | { readonly kind: 'peaks'; readonly source: 'clip' | 'sound'; readonly points: number }
    | {
        readonly kind: 'mel';
        readonly source: 'clip' | 'sound';
        readonly columns: number;
        readonly height: number;
        readonly theme: 'light' | 'dark';
      }
  );

/** Facts as JSON, and a picture as PNG bytes where there is one. */
export interface View {
  readonly facts: Omit<Filmstrip, 'image'> | Peaks | null;
  readonly png: Uint8Array | null;
}

/** Wider sheets are refused by some decoders of pictures. */
const widestSheet = 4096;

export async function drawView(task: ViewTask): Promise<View> {
  switch (task.kind) {
    case 'filmstrip':
      return drawFilmstrip(task);
    case 'peaks':
      return { facts: peaksOf(await readSound(task), task), png: null };
    case 'mel':
      return { facts: null, png: drawMel(await readSound(task), task) };
  }
}

async function drawFilmstrip(task: Extract<ViewTask, { kind: 'filmstrip' }>): Promise<View> {
  const media = await openMedia(task.path);
  try {
    const { durationSeconds, video } = media.facts;
    const [startSeconds, endSeconds] = stretchOf(task, durationSeconds);
    const tileHeight = task.height;
    const tileWidth = Math.max(
      1,
      Math.min(widestSheet, Math.round((video.width / video.height) * tileHeight)),
    );
    const columns = Math.max(1, Math.min(task.frames, Math.floor(widestSheet / tileWidth)));
    const rows = Math.ceil(task.frames / columns);
    const sheet = blank(columns * tileWidth, rows * tileHeight);
    const timesSeconds: number[] = [];
    const framesPerSecond = task.frames / (endSeconds - startSeconds);
    const fit = { kind: 'within', width: tileWidth, height: tileHeight } as const;
    for await (const frame of frameStream(media, { startSeconds, endSeconds, framesPerSecond, fit })) {
      const index = timesSeconds.length;
      if (index >= task.frames) break; // rounding of the rate may yield one more
      timesSeconds.push(frame.timeSeconds);
      paste(sheet, frame, (index % columns) * tileWidth, Math.floor(index / columns) * tileHeight);
    }
    const facts = { frames: timesSeconds.length, columns, rows, tileWidth, tileHeight, timesSeconds };
    return { facts, png: encodePng(sheet) };
  } finally {
    media.close();
  }
}

function blank(width: number, height: number): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

function paste(sheet: RgbImage, tile: RgbImage, x: number, y: number): void {
  const width = Math.min(tile.width, sheet.width - x);
  for (let row = 0; row < Math.min(tile.height, sheet.height - y); row++) {
    const from = row * tile.width * 3;
    sheet.data.set(tile.data.subarray(from, from + width * 3), ((y + row) * sheet.width + x) * 3);
  }
}

async function readSound(task: Exclude<ViewTask, { kind: 'filmstrip' }>): Promise<Wave> {
  const wave = task.source === 'sound' ? await decodeAudioFile(task.path) : await readClipSound(task.path);
  const seconds = sampleCount(wave) / wave.sampleRateHz;
  const [from, to] = stretchOf(task, seconds);
  return cut(wave, secondsToSamples(from, wave.sampleRateHz), secondsToSamples(to, wave.sampleRateHz));
}

async function readClipSound(path: string): Promise<Wave> {
  const media = await openMedia(path);
  try {
    return await readSoundtrack(media);
  } finally {
    media.close();
  }
}

/** Extremes over all channels; fewer points than asked for when there are fewer samples. */
export function peaksOf(wave: Wave, { points, fromSeconds = 0 }: { points: number } & Stretch): Peaks {
  const length = sampleCount(wave);
  const count = Math.min(points, length);
  const minimum = new Array<number>(count).fill(0);
  const maximum = new Array<number>(count).fill(0);
  for (let point = 0; point < count; point++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    const end = Math.floor(((point + 1) * length) / count);
    for (const channel of wave.channels) {
      for (let at = Math.floor((point * length) / count); at < end; at++) {
        const sample = channel[at]!;
        if (sample < low) low = sample;
        if (sample > high) high = sample;
      }
    }
    minimum[point] = rounded(low);
    maximum[point] = rounded(high);
  }
  const { sampleRateHz, channels } = wave;
  const toSeconds = fromSeconds + length / sampleRateHz;
  return { fromSeconds, toSeconds, sampleRateHz, channels: channels.length, minimum, maximum };
}

function drawMel(wave: Wave, task: Extract<ViewTask, { kind: 'mel' }>): Uint8Array {
  const spec = auffusionMelSpec;
  const mono = resample(mixdown(wave), spec.sampleRateHz).channels[0]!;
  const samples = new Float32Array(Math.max(mono.length, spec.fftSize));
  samples.set(mono);
  const picture = scaledDown(
    colourImage(melToImage(melSpectrogram(samples, spec)), task.columns),
    task.height,
  );
  if (task.theme === 'light')
    for (let at = 0; at < picture.data.length; at++) picture.data[at] = 255 - picture.data[at]!;
  return encodePng(picture);
}

/** Rows joined to `height`, each the mean of those it covers. */
function scaledDown(image: RgbImage, height: number): RgbImage {
  if (height >= image.height) return image;
  const small = blank(image.width, height);
  for (let row = 0; row < height; row++) {
    const first = Math.floor((row * image.height) / height);
    const end = Math.max(first + 1, Math.floor(((row + 1) * image.height) / height));
    for (let at = 0; at < image.width * 3; at++) {
      let sum = 0;
      for (let from = first; from < end; from++) sum += image.data[from * image.width * 3 + at]!;
      small.data[row * image.width * 3 + at] = sum / (end - first);
    }
  }
  return small;
}

/** Within what is there. @throws FoleyError `usage` when nothing is left */
function stretchOf({ fromSeconds, toSeconds }: Stretch, durationSeconds: number): [number, number] {
  const from = fromSeconds ?? 0;
  const to = Math.min(toSeconds ?? durationSeconds, durationSeconds);
  if (!(to > from)) {
    throw new FoleyError(
      'usage',
      `there is nothing between ${from} and ${to} s of ${durationSeconds.toFixed(2)} s`,
    );
  }
  return [from, to];
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
