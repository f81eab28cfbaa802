/** @file For every field of a request, another value than its default, and where its effect is seen. */
import type { FoleyRequestField } from '../../src/foley/request.js';

export interface Variant {
  /** As it is typed; a switch has no text. */
  readonly text: string | null;
  readonly value: unknown;
  /** Other fields that the variant needs beside it. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /**
   * `sound`: what stations receive or the wave that comes out; `files`: what is written, and how; `machine`: what runs
   * the job; `timing file` and `tracks` have tests of their own.
   */
  readonly seenIn: 'sound' | 'files' | 'machine' | 'clip' | 'timing file' | 'tracks';
}

/** A field that is missing here fails to compile. */
export const variants: Readonly<Record<FoleyRequestField, Variant>> = {
  video: { text: 'other.mp4', value: 'other.mp4', seenIn: 'clip' },
  label: { text: 'cat', value: 'cat', seenIn: 'sound' },
  tracks: { text: 'cat', value: null, seenIn: 'tracks' },
  prompt: { text: 'a small dog', value: 'a small dog', seenIn: 'sound' },
  negative: { text: 'music', value: 'music', seenIn: 'sound' },
  seed: { text: '7', value: 7, seenIn: 'sound' },
  takes: { text: '2', value: 2, seenIn: 'sound' },
  steps: { text: '5', value: 5, seenIn: 'sound' },
  sampler: { text: 'ddim', value: 'ddim', seenIn: 'sound' },
  guidance: { text: '2.5', value: 2.5, seenIn: 'sound' },
  visionGuidance: { text: '2', value: 2, seenIn: 'sound' },
  frameScale: { text: '0.5', value: 0.5, seenIn: 'sound' },
  timingScale: { text: '0', value: 0, seenIn: 'sound' },
  guidanceFrom: { text: '0.5', value: 0.5, seenIn: 'sound' },
  guidanceUntil: { text: '0.5', value: 0.5, seenIn: 'sound' },
  timingFrom: { text: '0.5', value: 0.5, seenIn: 'sound' },
  timingUntil: { text: '0.5', value: 0.5, seenIn: 'sound' },
  reuseInterval: { text: '3', value: 3, seenIn: 'sound' },
  reuseDepth: { text: '2', value: 2, seenIn: 'sound' },
  looksPerSecond: { text: '2.5', value: 2.5, seenIn: 'sound' },
  frameTolerance: { text: '255', value: 255, seenIn: 'sound' },
  frameBatch: { text: '4', value: 4, seenIn: 'machine' },
  frameArithmetic: { text: 'int8', value: 'int8', seenIn: 'machine' },
  stepArithmetic: { text: 'int8', value: 'int8', seenIn: 'sound' },
  tokenMerging: { text: '7', value: 7, seenIn: 'machine' },
  timing: { text: 'my.json', value: 'my.json', seenIn: 'timing file' },
  strategy: { text: 'raw', value: 'raw', seenIn: 'sound' },
  threshold: { text: '0.999', value: 0.999, seenIn: 'sound' },
  hysteresis: { text: '0.9', value: 0.9, beside: { threshold: 0.95, smoothing: 0 }, seenIn: 'sound' },
  minimumOn: { text: '3', value: 3, seenIn: 'sound' },
  minimumOff: { text: '2.5', value: 2.5, seenIn: 'sound' },
  smoothing: { text: '0.9', value: 0.9, seenIn: 'sound' },
  events: { text: 'all', value: 'all', seenIn: 'sound' },
  gate: { text: '1', value: 1, seenIn: 'sound' },
  raster: { text: 'foleycrafter', value: 'foleycrafter', seenIn: 'sound' },
  dynamics: { text: '0.7', value: 0.7, seenIn: 'sound' },
  doppler: { text: '1', value: 1, seenIn: 'sound' },
  pan: { text: '0.5', value: 0.5, seenIn: 'sound' },
  beyond: { text: '3', value: 3, beside: { dynamics: 1 }, seenIn: 'sound' },
  start: { text: '0.25', value: 0.25, seenIn: 'sound' },
  duration: { text: '1', value: 1, seenIn: 'sound' },
  overlap: { text: '2', value: 2, seenIn: 'sound' },
  original: { text: 'mix', value: 'mix', seenIn: 'files' },
  originalGain: { text: '-6', value: -6, beside: { original: 'mix' }, seenIn: 'files' },
  loudness: { text: '-30', value: -30, seenIn: 'sound' },
  format: { text: 'flac', value: 'flac', seenIn: 'files' },
  outDir: { text: 'out', value: 'out', seenIn: 'files' },
  container: { text: 'mkv', value: 'mkv', seenIn: 'files' },
  picture: { text: null, value: true, seenIn: 'files' },
  overwrite: { text: null, value: true, seenIn: 'files' },
  model: { text: 'other', value: 'other', seenIn: 'machine' },
  backbone: { text: 'auffusion', value: 'auffusion', seenIn: 'machine' },
  frameAdapter: { text: 'semantic.bin', value: 'semantic.bin', seenIn: 'machine' },
  temporalAdapter: { text: 'temporal.ckpt', value: 'temporal.ckpt', seenIn: 'machine' },
  imageEncoder: { text: 'clip', value: 'clip', seenIn: 'machine' },
  labelEncoder: { text: 'clip', value: 'clip', seenIn: 'machine' },
  vocoder: { text: 'vocoder', value: 'vocoder', seenIn: 'machine' },
  device: { text: 'webgpu', value: 'webgpu', seenIn: 'machine' },
  threads: { text: '3', value: 3, seenIn: 'machine' },
  memoryLimit: { text: '512', value: 512, seenIn: 'machine' },
  cacheDir: { text: 'cache', value: 'cache', seenIn: 'machine' },
};
