/** @file The editable timing of one label: a similarity curve, its on spans, its motion, and their strict JSON form. */
import { z } from 'zod';
import { FoleyError } from '../errors/foley-error.js';
import { type MotionCurve, motionCurveSchema } from './motion-curve.js';
import type { TimeSpan } from './timeline.js';

/** When a label sounds in a clip, and the evidence. Plain numbers, so that it travels as JSON. */
export interface TimingCurve {
  readonly label: string;
  readonly durationSeconds: number;
  /** [T] ascending. May be empty in a hand-written file. */
  readonly timesSeconds: readonly number[];
  /** [T] in 0..1. */
  readonly similarity: readonly number[];
  /** Sorted, disjoint stretches in which the label sounds. */
  readonly spans: readonly TimeSpan[];
  /** How what the label names moves through the picture, where that is known. */
  readonly motion?: MotionCurve;
}

/** Names the format in files, so that a foreign JSON is told from a timing. */
export const timingFormat = 'smooth-foley.timing/1';

const seconds = z.number().min(0).max(1e6);
const timingFile = z
  .strictObject({
    format: z.literal(timingFormat),
    label: z.string().min(1),
    durationSeconds: seconds.positive(),
    spans: z.array(z.strictObject({ startSeconds: seconds, endSeconds: seconds })),
    timesSeconds: z.array(seconds).default([]),
    similarity: z.array(z.number().min(0).max(1)).default([]),
    motion: motionCurveSchema.optional(),
  })
  .superRefine((file, context) => {
    const fault = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    file.spans.forEach((span, index) => {
      if (!(span.endSeconds > span.startSeconds))
        fault(['spans', index, 'endSeconds'], 'must come after startSeconds');
      if (span.endSeconds > file.durationSeconds)
        fault(['spans', index, 'endSeconds'], 'lies past durationSeconds');
      const before = file.spans[index - 1];
      if (before && span.startSeconds < before.endSeconds) {
        fault(['spans', index, 'startSeconds'], 'lies before the end of the span above it');
      }
    });
    if (file.similarity.length !== file.timesSeconds.length) {
      fault(['similarity'], `has ${file.similarity.length} values for ${file.timesSeconds.length} times`);
    }
    file.timesSeconds.forEach((time, index) => {
      if (index > 0 && !(time > file.timesSeconds[index - 1]!))
        fault(['timesSeconds', index], 'does not come after the one before it');
    });
  });

/** The JSON text of a timing: spans first, one a line, since they are what a person edits. */
export function serializeTiming(timing: TimingCurve): string {
  const spans = timing.spans.map((span) => `    ${JSON.stringify(span)}`).join(',\n');
  return [
    '{',
    `  "format": ${JSON.stringify(timingFormat)},`,
    `  "label": ${JSON.stringify(timing.label)},`,
    `  "durationSeconds": ${timing.durationSeconds},`,
    spans === '' ? '  "spans": [],' : `  "spans": [\n${spans}\n  ],`,
    `  "timesSeconds": ${JSON.stringify(timing.timesSeconds)},`,
    `  "similarity": ${JSON.stringify(timing.similarity)}${timing.motion === undefined ? '' : ','}`,
    ...(timing.motion === undefined ? [] : motionLines(timing.motion)),
    '}',
    '',
  ].join('\n');
}

function motionLines({ timesSeconds, presence, size, position, height }: MotionCurve): string[] {
  const lists = Object.entries({ timesSeconds, presence, size, position, ...(height && { height }) });
  const lines = lists.map(([name, values]) => `    "${name}": ${JSON.stringify(values)}`);
  return ['  "motion": {', lines.join(',\n'), '  }'];
}

/**
 * Reads the JSON text of a timing. Unknown fields are faults: a misspelt field would silently do nothing.
 * @param name what messages call the file
 * @throws input-rejected naming the file and the field
 */
export function parseTiming(text: string, name: string): TimingCurve {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${name}: is not JSON`, { hint: writeOneHint, cause });
  }
  const parsed = timingFile.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const field = issue.path.reduce<string>(
      (path, part) =>
        typeof part === 'number'
          ? `${path}[${part}]`
          : path === ''
            ? String(part)
            : `${path}.${String(part)}`,
      '',
    );
    throw new FoleyError('input-rejected', `${name}: ${field === '' ? '' : `${field}: `}${issue.message}`, {
      hint: writeOneHint,
    });
  }
  const { format: _, motion, ...timing } = parsed.data;
  return motion === undefined ? timing : { ...timing, motion };
}

const writeOneHint =
  'write one with: smooth-foley inspect VIDEO --label LABEL --save-timing FILE, then edit its spans';
