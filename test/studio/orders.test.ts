import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseTiming } from '../../src/conditions/timing-curve.js';
import { fieldGroups, requestFields } from '../../src/foley/request-fields.js';
import {
  inspectRequestSchema,
  type Job,
  jobOrderSchema,
  publicRequestSchema,
  requestFieldSchema,
} from '../../src/service/contract.js';
import {
  documentName,
  reproducedTrack,
  reproductionOf,
  timingDocument,
} from '../../src/studio/page/downloads.js';
import {
  currentValue,
  type FieldValues,
  type FormField,
  groupFields,
  readText,
  textOf,
  withValue,
} from '../../src/studio/page/form-fields.js';
import {
  type FormState,
  generateOrders,
  inspectionKey,
  inspectOrder,
  isControl,
  mixOrder,
  sentTiming,
  takeCount,
  trackFieldNames,
} from '../../src/studio/page/orders.js';
import { describeChoice } from '../../src/studio/page/words.js';

const mediaId = 'A'.repeat(22);
const jobId = 'B'.repeat(22);
const motion = {
  timesSeconds: [0, 1, 2],
  presence: [1, 1, 0.5],
  size: [0.1, 0.2, 0.1],
  position: [-1, 0, 1],
};
const choice = {
  label: 'dog barking',
  classId: 'dog-bark',
  score: 0.814,
  isUncertain: false,
  runnersUp: [{ label: 'cat meowing', classId: 'cat-meow', score: 0.12 }],
};
/** As the service sends them: through its own schema. */
const fields: FormField[] = requestFields(publicRequestSchema).map((field) =>
  requestFieldSchema.parse(field),
);
const controls = fields.filter(isControl);

/** What a person would type to set a field to something else than it is. */
function otherText(field: FormField, values: FieldValues): string {
  const now = textOf(field, values);
  if (field.kind === 'choice') return field.choices.find((choice) => choice !== now)!;
  if (field.kind === 'text') return now === 'other' ? 'another' : 'other';
  const low = field.minimum ?? 0;
  const high = field.maximum ?? low + 10;
  const candidates = [low + 1, (low + high) / 2, high].map((value) =>
    field.kind === 'integer' ? Math.round(value) : value,
  );
  return String(candidates.find((value) => String(value) !== now && value <= high)!);
}

/** The page's own way from a control to the request, for one change. */
function ordersWith(base: FormState & { track: FieldValues }, field: FormField, value: unknown): string {
  const isOfTrack = trackFieldNames.has(field.name);
  const form = { fields, settings: isOfTrack ? base.settings : withValue(base.settings, field, value) };
  const values = isOfTrack ? withValue(base.track, field, value) : base.track;
  const seed = currentValue(fields.find(({ name }) => name === 'seed')!, values) as number;
  const seeds = Array.from({ length: takeCount(form) }, (_, index) => seed + index);
  return JSON.stringify(generateOrders(mediaId, form, { values, spans: null }, seeds));
}

describe('the form', () => {
  it.each(controls.map((field) => [field.name, field] as const))('%s changes the request', (_, field) => {
    // a gain acts only on an original that is mixed in
    const settings: FieldValues = field.name === 'originalGain' ? { original: 'mix' } : {};
    const base = { fields, settings, track: { label: 'dog barking' } };
    const values = trackFieldNames.has(field.name) ? base.track : settings;
    const next =
      field.kind === 'switch'
        ? currentValue(field, values) !== true
        : readText(field, otherText(field, values));
    if (typeof next !== 'boolean') expect(next).toMatchObject({ isValid: true });
    const value = typeof next === 'boolean' ? next : next.isValid ? next.value : null;
    const before = ordersWith(base, field, currentValue(field, values));
    const after = ordersWith(base, field, value);
    expect(after).not.toBe(before);
    if (field.name !== 'takes') expect(after).toContain(`"${field.name}":${JSON.stringify(value)}`);
    for (const order of JSON.parse(after)) expect(jobOrderSchema.safeParse(order).error).toBeUndefined();
  });

  it('has a control for every field of the request but those that the lanes are for', () => {
    const names = new Set(controls.map((field) => field.name));
    const left = Object.keys(publicRequestSchema.shape).filter((name) => !names.has(name));
    expect(left.filter((name) => name !== 'tracks' && name !== 'timing')).toEqual([]);
    const shown = groupFields(controls, fieldGroups).flatMap((group) => group.fields);
    expect(shown.length).toBe(controls.length);
  });

  it('reads back what it shows, and refuses what the schema refuses', () => {
    const shape = publicRequestSchema.shape as Readonly<Record<string, z.ZodType>>;
    for (const field of controls.filter(({ kind }) => kind !== 'switch')) {
      const text = textOf(field, {});
      if (!field.isRequired && field.name !== 'label')
        expect(readText(field, text), field.name).toEqual({ isValid: true, value: field.defaultValue });
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string(),
            fc.integer().map(String),
            fc.double({ min: -100, max: 5000, noNaN: true }).map((x) => x.toFixed(3)),
          ),
          (typed) => {
            const read = readText(field, typed);
            if (read.isValid)
              expect(shape[field.name]!.safeParse(read.value).success, `${field.name} ${typed}`).toBe(true);
          },
        ),
        { numRuns: 60 },
      );
    }
  });

  it('says nothing of what is as it came', () => {
    const threshold = fields.find(({ name }) => name === 'threshold')!;
    expect(withValue({ threshold: 0.3 }, threshold, 0.5)).toEqual({});
  });
});

describe('orders', () => {
  const form: FormState = { fields, settings: { takes: 3, original: 'mix', originalGain: -6 } };
  const spans = [{ startSeconds: 1, endSeconds: 2 }];
  const track = { values: { label: 'dog barking', seed: 5 }, spans };

  it('are one job for each take, which the service accepts', () => {
    const orders = generateOrders(mediaId, form, track, [5, 6, 7]);
    expect(orders).toHaveLength(takeCount(form));
    orders.forEach((order, index) => {
      const parsed = jobOrderSchema.parse(order);
      if (parsed.kind !== 'generate') throw new Error('not a generate order');
      expect(parsed.request.seed).toBe(5 + index);
      expect(parsed.request.takes).toBe(1);
      expect(parsed.timing?.spans).toEqual(spans);
    });
    expect(
      jobOrderSchema.parse(generateOrders(mediaId, form, { ...track, spans: null }, [null])[0]),
    ).toMatchObject({
      timing: null,
    });
  });

  it('say nothing of a threshold that an edited timing does not follow', () => {
    const [edited] = generateOrders(mediaId, form, track, [5]);
    const [computed] = generateOrders(mediaId, form, { ...track, spans: null }, [5]);
    expect(JSON.stringify(edited)).not.toContain('threshold');
    expect(JSON.stringify(computed)).toContain('threshold');
  });

  it('look again only when the curve would differ', () => {
    const inspected = new Set(Object.keys(inspectRequestSchema.shape));
    const keyWith = (values: FieldValues, settings: FieldValues = {}): string => {
      const order = inspectOrder(mediaId, { fields, settings }, { values, spans: null }, inspected);
      expect(jobOrderSchema.safeParse(order).error).toBeUndefined();
      return inspectionKey(order);
    };
    const key = keyWith({ label: 'dog' });
    expect(keyWith({ label: 'dog', threshold: 0.7, prompt: 'a dog' }, { smoothing: 1, steps: 5 })).toBe(key);
    expect(keyWith({ label: 'cat' })).not.toBe(key);
    expect(keyWith({ label: 'dog' }, { strategy: 'contrast' })).not.toBe(key);
  });

  it('leave the label out where the picture is to choose', () => {
    const left = { values: { seed: 5 }, spans: null };
    const [made] = generateOrders(mediaId, form, left, [5]);
    const looked = inspectOrder(mediaId, form, left, new Set(Object.keys(inspectRequestSchema.shape)));
    for (const order of [made, looked])
      expect(jobOrderSchema.parse(order)).toMatchObject({ name: null, request: { label: null } });
  });

  it('keep the motion that was seen with a timing that was edited, and leave a long one to the service', () => {
    const parsed = jobOrderSchema.parse(generateOrders(mediaId, form, { ...track, motion }, [5])[0]);
    expect(parsed).toMatchObject({ timing: { spans, motion } });
    expect(generateOrders(mediaId, form, { ...track, spans: null, motion }, [5])[0]).toMatchObject({
      timing: null,
    });
    const long = Array.from({ length: 6001 }, (_, index) => index);
    const share = long.map(() => 0.5);
    const sent = sentTiming(spans, { timesSeconds: long, presence: share, size: share, position: share });
    expect(sent).toEqual({ spans });
  });

  it('mix what is heard', () => {
    const parts = [
      { jobId, name: 'dog', gainDb: -3, pan: 0.5, isMuted: false },
      { jobId, name: 'wind', gainDb: 0, pan: 0, isMuted: true },
    ];
    const order = jobOrderSchema.parse(mixOrder(mediaId, form, parts, 'Mix 1'));
    expect(order).toMatchObject({
      kind: 'mix',
      original: 'mix',
      originalGain: -6,
      tracks: [
        { name: 'dog', gain: -3, isMuted: false },
        { name: 'wind', isMuted: true },
      ],
    });
    const plain = mixOrder(mediaId, { fields, settings: {} }, parts, 'Mix 2');
    expect(plain).not.toHaveProperty('originalGain');
  });
});

describe('what can be taken home', () => {
  it('the timing is a file that generate reads', () => {
    const { name, text } = timingDocument('My clip.v2.mp4', 'Dog, barking!', 10, null, [
      { startSeconds: 1.000049, endSeconds: 2.34567 },
    ]);
    expect(name).toBe('My clip.v2.dog-barking.timing.json');
    expect(parseTiming(text, name).spans).toEqual([{ startSeconds: 1, endSeconds: 2.3457 }]);
    const moving = { timesSeconds: [0, 1, 2], similarity: [0.1, 0.9, 0.2], motion };
    const kept = parseTiming(timingDocument('clip.mp4', 'dog', 10, moving, []).text, 'kept');
    expect(kept).toMatchObject(moving);
    expect(documentName('clip.mp4', '', 'request')).toBe('clip.request.json');
  });

  it('the request names every track with what differs from the defaults', () => {
    const parts = ['dog', 'wind'].map((label, index) => ({
      request: { label, seed: index, steps: 12, threshold: 0.5, negative: '' },
      timing: index === 0 ? { spans: [{ startSeconds: 1, endSeconds: 2 }], motion } : null,
      gainDb: index === 0 ? 0 : -6,
      pan: 0,
      isMuted: false,
    }));
    const made = reproductionOf("it's.mp4", fields, parts)!;
    expect(JSON.parse(made.document.text)).toEqual({
      video: "it's.mp4",
      tracks: [
        { label: 'dog', seed: 0, timing: { spans: [{ startSeconds: 1, endSeconds: 2 }], motion } },
        { label: 'wind', seed: 1, gain: -6 },
      ],
      steps: 12,
    });
    expect(made.command).toBe("npx smooth-foley generate 'it'\\''s.mp4' --from 'it'\\''s.request.json'");
    const mixed = [parts[0]!, { ...parts[1]!, request: { ...parts[1]!.request, steps: 30 } }];
    expect(reproductionOf('clip.mp4', fields, mixed)).toBeNull();
    expect(reproducedTrack(null, 0, 0, false)).toBeNull();
  });

  it('of a take whose label the picture chose, the request says that label', () => {
    const order = jobOrderSchema.parse({ kind: 'generate', mediaId, request: { seed: 5 } });
    const takes = [{ take: 0, seed: 5, timing: null, tracks: [], chosenLabel: choice, warnings: [] }];
    // as much of it as is read
    const job = { state: 'succeeded', order, takes } as unknown as Job;
    const { document } = reproductionOf('clip.mp4', fields, [reproducedTrack(job, 0, 0, false)!])!;
    expect(document.name).toBe('clip.dog-barking.request.json');
    expect(JSON.parse(document.text)).toEqual({
      video: 'clip.mp4',
      tracks: [{ label: 'dog barking', seed: 5 }],
    });
  });

  it('what the picture chose is said with what came next', () => {
    expect(describeChoice(choice)).toBe(
      'the picture chose “dog barking” (81 %); next likely: “cat meowing” 12 %',
    );
  });
});
