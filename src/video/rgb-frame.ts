/** @file The picture that the rest of the program looks at, and the size it is asked for. */

/** One picture of a clip at a sampling time. */
export interface RgbFrame {
  /** The sampling time, in clip time. */
  readonly timeSeconds: number;
  /**
   * Presentation time of the decoded picture that is shown then. Frames that repeat a picture (a 24 fps clip
   * sampled at 30, a held picture) have equal values and share `data`, so that work on them can be skipped.
   */
  readonly sourceTimeSeconds: number;
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`, full-range R'G'B', rows top-down without padding. Treat as read-only. */
  readonly data: Uint8Array;
}

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/**
 * How pictures are shrunk. `area` averages, for encoders of ours, which learned from such pictures; `bicubic` is the
 * widened cubic with a = -0.5 through which published CLIP encoders see.
 */
export type FrameFilter = 'area' | 'bicubic';

/** How large frames should be. Proportions are kept and pictures are never enlarged, except by 'exact'. */
export type FrameFit =
  | { readonly kind: 'native' }
  | {
      readonly kind: 'shortest-side';
      readonly pixels: number;
      /** `area` unless given. */
      readonly filter?: FrameFilter;
    }
  | { readonly kind: 'within'; readonly width: number; readonly height: number }
  | {
      readonly kind: 'exact';
      readonly width: number;
      readonly height: number;
      /** `area` unless given. */
      readonly filter?: FrameFilter;
    };

/** The size that `fit` gives a picture; the longer side is rounded down, as torchvision's `Resize` does. */
export function fitFrameSize(source: FrameSize, fit: FrameFit): FrameSize {
  switch (fit.kind) {
    case 'native':
      return { width: source.width, height: source.height };
    case 'exact':
      return { width: fit.width, height: fit.height };
    case 'shortest-side':
      return scaled(source, fit.pixels, Math.min(source.width, source.height));
    case 'within':
      return fit.width * source.height < fit.height * source.width
        ? scaled(source, fit.width, source.width)
        : scaled(source, fit.height, source.height);
  }
}

/** Scales by `target / current` in integers first, so that a side that should come out exact does. */
function scaled(source: FrameSize, target: number, current: number): FrameSize {
  if (target >= current) return { width: source.width, height: source.height };
  return {
    width: Math.max(1, Math.floor((source.width * target) / current)),
    height: Math.max(1, Math.floor((source.height * target) / current)),
  };
}
