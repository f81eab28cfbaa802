import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../src/foley/request.js';
import { exactSpeed, settleSpeed, speedDefaults, speedFields, speedOf } from '../../src/foley/speed.js';
import { foleycrafter, small, smoothFoley } from '../../src/models/presets.js';

const least = { video: 'clip.mp4', label: 'dog' };
const defaults = { ...exactSpeed, guidanceUntil: 0.7, reuseInterval: 3 };

describe('speed settings', () => {
  it('are fields of the request, one each', () => {
    expect(Object.keys(speedFields)).toEqual(Object.keys(exactSpeed));
  });

  it('are those of the model where the request says nothing', () => {
    expect(speedOf(parseRequest(least), defaults)).toEqual(defaults);
    const asked = parseRequest({ ...least, reuseInterval: 1, guidanceUntil: 0, frameBatch: 8 });
    expect(speedOf(asked, defaults)).toEqual({ ...exactSpeed, guidanceUntil: 0, frameBatch: 8 });
  });

  it('save looks in a small model, and steps and more looks in a large one', () => {
    expect(speedDefaults(small)).toEqual({ ...exactSpeed, looksPerSecond: 10, frameTolerance: 1 });
    expect(speedDefaults(smoothFoley)).toMatchObject({ reuseInterval: 3, looksPerSecond: 5 });
    expect(speedDefaults(foleycrafter)).toMatchObject({ reuseInterval: 3, looksPerSecond: 5 });
    // what could not be judged without published weights is left to the request
    for (const model of [smoothFoley, foleycrafter])
      expect(speedDefaults(model)).toMatchObject({
        tokenMerging: 0,
        frameArithmetic: 'float32',
        stepArithmetic: 'float32',
      });
  });

  it('stand in the settled request, and settling it again changes nothing', () => {
    const request = settleSpeed(parseRequest({ ...least, reuseDepth: 2 }), defaults);
    expect(request).toMatchObject({ ...defaults, reuseDepth: 2, label: 'dog' });
    expect(settleSpeed(request, exactSpeed)).toEqual(request);
  });

  it('refuse an interval that ends before it begins', () => {
    const asked = parseRequest({ ...least, guidanceFrom: 0.8 });
    expect(() => speedOf(asked, defaults)).toThrow('guidanceFrom 0.8 lies after guidanceUntil 0.7');
  });
});
