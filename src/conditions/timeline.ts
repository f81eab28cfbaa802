/** @file The one time base: seconds, mel columns, frames, latent columns and the windows a long clip is cut into. */
import { FoleyError } from '../errors/foley-error.js';

/** A stretch of time inside a clip, in seconds from its first frame; the end is exclusive. */
export interface TimeSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** One piece of a clip that is generated in one go. `endSeconds` may lie past the end of the clip. */
export interface Window extends TimeSpan {
  readonly index: number;
}

/**
 * How columns are laid out on time. `exact`: column c stands for c * hopSamples / sampleRateHz seconds.
 * `foleycrafter`: FoleyCrafter's raster, which spreads 1024 columns over 10 s (inference.py:124-137) and so drifts
 * by 240 ms at the end of a window; only for weights that were trained with it.
 */
export type Raster = 'exact' | 'foleycrafter';

/** The numbers a model fixes. */
export interface TimelineSpec {
  readonly sampleRateHz: number;
  readonly hopSamples: number;
  /** Mel columns of one window. */
  readonly columns: number;
  /** Latent columns of one window. */
  readonly latentColumns: number;
  /** Frames sampled per second of video. */
  readonly frameRateHz: number;
  readonly raster: Raster;
}

/** Auffusion's mel (16 kHz, hop 160, 1024 columns = 10.24 s), 30 frames per second, latents 16 times narrower. */
export const defaultTimelineSpec: TimelineSpec = {
  sampleRateHz: 16000,
  hopSamples: 160,
  columns: 1024,
  latentColumns: 64,
  frameRateHz: 30,
  raster: 'exact',
};

/** Converts between every unit of time in the project. Nothing else in the code multiplies by 100 or 30. */
export class Timeline {
  readonly spec: TimelineSpec;
  /** Mel columns per second of sound; what the vocoder's hop fixes. */
  readonly columnsPerSecond: number;
  /** Length of one window in seconds (10.24 with the default numbers). */
  readonly windowSeconds: number;
  /** Columns per second of the timing raster: differs from `columnsPerSecond` only in the compatibility raster. */
  readonly rasterColumnsPerSecond: number;

  constructor(spec: TimelineSpec = defaultTimelineSpec) {
    for (const name of ['sampleRateHz', 'hopSamples', 'columns', 'latentColumns', 'frameRateHz'] as const) {
      if (!(Number.isFinite(spec[name]) && spec[name] > 0)) {
        throw new FoleyError('usage', `timeline: ${name} must be a positive number, got ${spec[name]}`);
      }
    }
    if (spec.columns % spec.latentColumns !== 0) {
      throw new FoleyError(
        'usage',
        `timeline: ${spec.columns} columns are no multiple of ${spec.latentColumns} latent columns`,
      );
    }
    this.spec = spec;
    this.columnsPerSecond = spec.sampleRateHz / spec.hopSamples;
    this.windowSeconds = spec.columns / this.columnsPerSecond;
    this.rasterColumnsPerSecond = spec.raster === 'exact' ? this.columnsPerSecond : spec.columns / 10;
  }

  /** The time that mel column `column` stands for. */
  columnToSeconds(column: number): number {
    return column / this.columnsPerSecond;
  }

  /** The mel column that time `seconds` belongs to: the nearest one. */
  secondsToColumn(seconds: number): number {
    return Math.round(seconds * this.columnsPerSecond);
  }

  /**
   * The first column of the timing raster that lies after a change at `seconds` after the window's start. FoleyCrafter
   * gives column i what it found at i / 102.4 s, so a change shows in the first column that is not before it.
   */
  secondsToRasterColumn(seconds: number): number {
    const column = seconds * this.rasterColumnsPerSecond;
    return this.spec.raster === 'exact' ? Math.round(column) : Math.ceil(column - roundingSlack);
  }

  /** Where the raster falls silent for a clip that ends at `seconds`: FoleyCrafter draws whole columns only. */
  rasterEndSeconds(seconds: number): number {
    if (this.spec.raster === 'exact') return Number.POSITIVE_INFINITY;
    const columns = Math.floor(seconds * this.rasterColumnsPerSecond + roundingSlack);
    return columns / this.rasterColumnsPerSecond;
  }

  /** Seconds after the window's start for which a column of the timing raster stands. */
  rasterColumnToSeconds(column: number): number {
    return column / this.rasterColumnsPerSecond;
  }

  /** The latent column that covers mel column `column`. */
  columnToLatentColumn(column: number): number {
    return Math.floor((column * this.spec.latentColumns) / this.spec.columns);
  }

  /** Presentation time at which frame `index` is sampled. */
  frameToSeconds(index: number): number {
    return index / this.spec.frameRateHz;
  }

  /** The sampled frame that is on screen at `seconds`. */
  secondsToFrame(seconds: number): number {
    return Math.floor(seconds * this.spec.frameRateHz + roundingSlack);
  }

  /** Frames sampled from 0 up to, not including, `durationSeconds`: 300 for 10 s, 308 for 10.24 s; at least one. */
  frameCount(durationSeconds: number): number {
    return Math.max(1, Math.ceil(durationSeconds * this.spec.frameRateHz - roundingSlack));
  }

  /** Samples of sound in `durationSeconds` at the model's rate. */
  sampleCount(durationSeconds: number): number {
    return Math.max(1, Math.round(durationSeconds * this.spec.sampleRateHz));
  }

  /**
   * Cuts a clip into windows of equal length whose neighbours share `overlapSeconds` (to the column). A clip of one
   * window or less gives one window; the last window may reach past the end, and what lies there is cut off.
   * @throws usage when the overlap is more than half a window
   */
  windows(durationSeconds: number, overlapSeconds: number): Window[] {
    if (!(durationSeconds > 0)) {
      throw new FoleyError('usage', `timeline: a clip lasts longer than ${durationSeconds} s`);
    }
    if (!(overlapSeconds >= 0 && overlapSeconds <= this.windowSeconds / 2)) {
      throw new FoleyError(
        'usage',
        `window overlap must lie within 0..${this.windowSeconds / 2} s, got ${overlapSeconds}`,
      );
    }
    const strideColumns = this.spec.columns - this.secondsToColumn(overlapSeconds);
    const strideSeconds = this.columnToSeconds(strideColumns);
    const beyondFirst = Math.max(0, durationSeconds - this.windowSeconds);
    const count = 1 + Math.ceil(beyondFirst / strideSeconds - roundingSlack);
    return Array.from({ length: count }, (_, index) => {
      const startSeconds = this.columnToSeconds(index * strideColumns);
      return { index, startSeconds, endSeconds: startSeconds + this.windowSeconds };
    });
  }
}

/** Absorbs the rounding of products such as 0.29 * 100; far below one sample. */
const roundingSlack = 1e-6;
