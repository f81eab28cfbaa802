/** @file What can be said about one track: a label of its own, how it sounds, when, and its place in the mix. */
import { z } from 'zod';
import { motionCurveSchema } from '../conditions/motion-curve.js';
import type { FieldMeta } from './request-fields.js';

function field<S extends z.ZodType>(schema: S, meta: FieldMeta): S {
  return schema.meta({ ...meta });
}

const seconds = z.number().min(0).max(1e6);

/** A timing inside a request, as a timing file holds it; times are those of the clip. */
export const inlineTimingSchema = z
  .strictObject({
    /** The file it was read from, for messages. */
    file: z.string().optional(),
    /** The label it was made for. */
    label: z.string().optional(),
    /** Sorted, disjoint stretches in which the label sounds; none: it is silent. */
    spans: z.array(z.strictObject({ startSeconds: seconds, endSeconds: seconds })).max(10_000),
    /** The curve that the spans were made of, where it is known: `[T]` seconds, and `[T]` in 0..1. */
    timesSeconds: z.array(seconds).max(200_000).default([]),
    similarity: z.array(z.number().min(0).max(1)).max(200_000).default([]),
    /** How it moves through the picture; computed from it where it is wanted and not given. */
    motion: motionCurveSchema.optional(),
  })
  .superRefine(({ spans, timesSeconds, similarity }, context) => {
    const fault = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    spans.forEach(({ startSeconds, endSeconds }, index) => {
      if (!(endSeconds > startSeconds)) fault(['spans', index, 'endSeconds'], 'must come after startSeconds');
      if (index > 0 && startSeconds < spans[index - 1]!.endSeconds)
        fault(['spans', index, 'startSeconds'], 'lies before the end of the span above it');
    });
    if (similarity.length !== timesSeconds.length)
      fault(['similarity'], `has ${similarity.length} values for ${timesSeconds.length} times`);
    timesSeconds.forEach((time, index) => {
      if (index > 0 && !(time > timesSeconds[index - 1]!))
        fault(['timesSeconds', index], 'does not come after the one before it');
    });
  });
export type InlineTiming = z.output<typeof inlineTimingSchema>;

/** A timing: the path of a file, or its content; null computes it from what is seen. */
export const timingChoiceSchema = z.union([z.string().min(1), inlineTimingSchema, z.null()]);

/** Level, pan and mute of one part of a mix. */
export const mixFields = {
  gain: field(z.number().min(-60).max(24).default(0), {
    label: 'gain',
    help: 'level of the track in the mix',
    group: 'sound',
    unit: 'dB',
  }),
  pan: field(z.number().min(-1).max(1).default(0), {
    label: 'pan',
    help: '-1 left, 0 middle, 1 right; a mix in which any track pans is stereo',
    group: 'sound',
  }),
  mute: field(z.boolean().default(false), {
    label: 'mute',
    help: 'made, but not heard in the mix',
    group: 'sound',
  }),
};

/** One of several labels of a clip. Null takes what the request says for all tracks. */
export const trackSchema = z.strictObject({
  label: field(z.string().trim().min(1).max(200), {
    label: 'label',
    help: 'what is heard, as a short name such as "dog barking"; it is looked for in the picture',
    group: 'what',
  }),
  prompt: field(z.string().trim().min(1).max(1000).nullable().default(null), {
    label: 'prompt',
    help: 'how it sounds, in a sentence; the label itself when left out',
    group: 'what',
  }),
  negative: field(z.string().trim().max(1000).nullable().default(null), {
    label: 'negative prompt',
    help: 'what must not be heard in this track; that of the request when left out',
    group: 'what',
  }),
  seed: field(z.int().min(0).max(4294967295).nullable().default(null), {
    label: 'seed',
    help: "derived from the request's seed and the label when left out",
    group: 'how',
  }),
  timing: field(timingChoiceSchema.default(null), {
    label: 'timing file',
    placeholder: 'file',
    help: 'when it sounds, in place of the computed stretches',
    group: 'timing',
  }),
  threshold: field(z.number().min(0).max(1).nullable().default(null), {
    label: 'threshold',
    help: 'similarity at which this track switches on; that of the request when left out',
    group: 'timing',
  }),
  ...mixFields,
});

export type TrackRequest = z.output<typeof trackSchema>;
export type TrackRequestInput = z.input<typeof trackSchema>;

/** As many as a mix stays readable with; each costs as much as a request of its own. */
export const largestTrackCount = 16;
