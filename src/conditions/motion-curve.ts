/** @file Where in the picture a thing is and how large, over time: as it is seen, kept in files and sent. */
import { z } from 'zod';

/** How the label's thing moves through the picture. Plain numbers, so that it travels as JSON. */
export interface MotionCurve {
  /** [T] ascending, in seconds of the clip. */
  readonly timesSeconds: readonly number[];
  /** [T] 0..1, how surely it is seen. */
  readonly presence: readonly number[];
  /** [T] share of the picture's area that it covers, 0..1. */
  readonly size: readonly number[];
  /** [T] of its middle: -1 is the left edge of the picture, 1 the right one. */
  readonly position: readonly number[];
  /** [T] of its middle: -1 is the lower edge of the picture, 1 the upper one. Curves of earlier versions have none. */
  readonly height?: readonly number[] | undefined;
}

const share = z.number().min(0).max(1);
const largestCount = 200_000;

/** The same in files and requests. */
export const motionCurveSchema = z
  .strictObject({
    timesSeconds: z.array(z.number().min(0).max(1e6)).min(1).max(largestCount),
    presence: z.array(share).max(largestCount),
    size: z.array(share).max(largestCount),
    position: z.array(z.number().min(-1).max(1)).max(largestCount),
    height: z.array(z.number().min(-1).max(1)).max(largestCount).optional(),
  })
  .superRefine((curve, context) => {
    const { timesSeconds } = curve;
    for (const name of ['presence', 'size', 'position', 'height'] as const) {
      const count = curve[name]?.length ?? timesSeconds.length;
      if (count === timesSeconds.length) continue;
      const message = `has ${count} values for ${timesSeconds.length} times`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    timesSeconds.forEach((time, index) => {
      if (index > 0 && !(time > timesSeconds[index - 1]!)) {
        const path = ['timesSeconds', index];
        context.addIssue({ code: 'custom', path, message: 'does not come after the one before it' });
      }
    });
  });
