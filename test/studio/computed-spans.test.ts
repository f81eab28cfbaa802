import { describe, expect, it } from 'vitest';
import { requestFields } from '../../src/foley/request-fields.js';
import { publicRequestSchema, requestFieldSchema } from '../../src/service/contract.js';
import { computedSpans, timingSettings } from '../../src/studio/page/computed-spans.js';
import type { FieldValues } from '../../src/studio/page/form-fields.js';

const fields = requestFields(publicRequestSchema).map((field) => requestFieldSchema.parse(field));
const settings = (values: FieldValues = {}) => timingSettings(fields, () => values);
/** Of the rain, say: not what the curve alone would give. */
const curve = {
  label: 'rain falling',
  durationSeconds: 4,
  timesSeconds: [0, 1, 2, 3],
  similarity: [0.1, 0.6, 0.9, 0.1],
  spans: [{ startSeconds: 0, endSeconds: 4 }],
};

describe('computedSpans', () => {
  it('are what the service said while nothing was changed since it was asked', () => {
    expect(computedSpans(curve, settings(), settings())).toEqual(curve.spans);
    const asked = settings({ threshold: 0.7 });
    expect(computedSpans(curve, asked, settings({ threshold: 0.7 }))).toEqual(curve.spans);
  });

  it('are cut from the curve with other settings', () => {
    const [span, ...others] = computedSpans(curve, settings(), settings({ threshold: 0.8 }));
    expect(others).toEqual([]);
    expect(span!.startSeconds).toBeGreaterThan(1);
    expect(span!.endSeconds).toBeLessThanOrEqual(3);
  });

  it('are those of a timing that has no curve', () => {
    const bare = { ...curve, timesSeconds: [], similarity: [] };
    expect(computedSpans(bare, settings(), settings({ smoothing: 1 }))).toEqual(curve.spans);
  });
});
