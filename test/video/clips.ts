/** @file Encodes small test clips at run time; every frame carries its number as a picture of black and white cells. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AudioCodec,
  AudioSample,
  AudioSampleSource,
  FilePathTarget,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  type VideoCodec,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from 'mediabunny';
import { loadCodecs } from '../../src/video/codecs.node.js';
import type { RgbFrame } from '../../src/video/index.js';

export interface ClipFrame {
  readonly timeSeconds: number;
  readonly durationSeconds: number;
  /** 0..255, drawn into the picture; or a picture of one's own, RGBA rows top-down. */
  readonly picture: number | Uint8Array;
}

export interface ClipAudio {
  readonly codec: AudioCodec;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

export interface ClipSpec {
  readonly container: 'mp4' | 'mov' | 'webm' | 'mkv';
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly ClipFrame[];
  readonly rotation?: 0 | 90 | 180 | 270;
  readonly audio?: ClipAudio;
}

const formats = {
  mp4: () => new Mp4OutputFormat({ fastStart: false }),
  mov: () => new MovOutputFormat({ fastStart: false }),
  webm: () => new WebMOutputFormat(),
  mkv: () => new MkvOutputFormat(),
};

export async function encodeClip(path: string, spec: ClipSpec): Promise<string> {
  await loadCodecs();
  const output = new Output({ format: formats[spec.container](), target: new FilePathTarget(path) });
  const video = new VideoSampleSource({ codec: spec.codec, bitrate: QUALITY_HIGH, keyFrameInterval: 1 });
  output.addVideoTrack(video, spec.rotation === undefined ? {} : { rotation: spec.rotation });
  const audio = spec.audio && new AudioSampleSource({ codec: spec.audio.codec, bitrate: 96_000 });
  if (audio) output.addAudioTrack(audio);
  await output.start();
  const addVideo = async () => {
    for (const frame of spec.frames) {
      const data =
        typeof frame.picture === 'number' ? drawCode(frame.picture, spec.width, spec.height) : frame.picture;
      const sample = new VideoSample(data, {
        format: 'RGBX',
        codedWidth: spec.width,
        codedHeight: spec.height,
        timestamp: frame.timeSeconds,
        duration: frame.durationSeconds,
      });
      await video.add(sample);
      sample.close();
    }
    video.close();
  };
  const addAudio = async () => {
    if (!audio || !spec.audio) return;
    const { channels, sampleRateHz } = spec.audio;
    const length = channels[0]?.length ?? 0;
    const data = new Float32Array(length * channels.length);
    channels.forEach((channel, index) => {
      data.set(channel, index * length);
    });
    const sample = new AudioSample({
      data,
      format: 'f32-planar',
      numberOfChannels: channels.length,
      sampleRate: sampleRateHz,
      timestamp: 0,
    });
    await audio.add(sample);
    sample.close();
    audio.close();
  };
  await Promise.all([addVideo(), addAudio()]);
  await output.finalize();
  return path;
}

/** `count` frames numbered from 0 at a constant rate. */
export function steadyFrames(count: number, framesPerSecond: number): ClipFrame[] {
  return Array.from({ length: count }, (_, index) => ({
    timeSeconds: index / framesPerSecond,
    durationSeconds: 1 / framesPerSecond,
    picture: index % 256,
  }));
}

/** Frames numbered from 0 at the given times, the last one `lastSeconds` long. */
export function framesAt(times: readonly number[], lastSeconds: number): ClipFrame[] {
  return times.map((timeSeconds, index) => ({
    timeSeconds,
    durationSeconds: (times[index + 1] ?? timeSeconds + lastSeconds) - timeSeconds,
    picture: index,
  }));
}

const COLUMNS = 4;
const ROWS = 2;

/** RGBX picture of 4 x 2 cells, cell i white where bit i of `code` is set. */
function drawCode(code: number, width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * ROWS) / height) * COLUMNS + Math.floor((x * COLUMNS) / width);
      data.fill((code >> cell) & 1 ? 235 : 16, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return data;
}

/** Reads back what {@link drawCode} drew: the middle of each cell, black or white. */
export function readCode(frame: RgbFrame): number {
  let code = 0;
  for (let cell = 0; cell < COLUMNS * ROWS; cell++) {
    const x = Math.floor((((cell % COLUMNS) + 0.5) * frame.width) / COLUMNS);
    const y = Math.floor(((Math.floor(cell / COLUMNS) + 0.5) * frame.height) / ROWS);
    if ((frame.data[(y * frame.width + x) * 3 + 1] ?? 0) > 127) code |= 1 << cell;
  }
  return code;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A folder of its own for one test file. */
export async function temporaryFolder(): Promise<{ path(name: string): string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-video-'));
  return { path: (name) => join(folder, name), remove: () => rm(folder, { recursive: true, force: true }) };
}
