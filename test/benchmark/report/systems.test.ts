import { describe, expect, it } from 'vitest';
import { fullyActing, type SystemId, systems } from '../../../src/benchmark/report/systems.js';
import { parseRequest } from '../../../src/foley/request.js';
import { withModelDefaults } from '../../../src/foley/settled-request.js';
import { small } from '../../../src/models/presets.js';

describe('what acts in the systems of a report', () => {
  /** The weights of frames and timing of a model that guides frames apart, whatever weights it has by itself. */
  const weights = (id: SystemId, prompt: string | null) => {
    const system = systems[id];
    if (system.how !== 'model') throw new Error(`${id} makes no sound by a model`);
    const request = parseRequest({ video: 'clip.mp4', label: 'dog barking', ...system.fields });
    const defaults = { ...small.defaults, visionGuidance: 1, frameScale: 0.3, timingScale: 0.3 };
    const { frameScale, timingScale } = withModelDefaults(
      { ...request, prompt, seed: 0, timing: null, tracks: null },
      { ...defaults, ...fullyActing },
    );
    return [frameScale, timingScale];
  };

  it('is each adapter in full, or not at all', () => {
    expect(weights('label', null)).toEqual([0, 0]);
    expect(weights('clip-wise', null)).toEqual([1, 0]);
    expect(weights('frame', null)).toEqual([1, 0]);
    expect(weights('timing', null)).toEqual([0, 1]);
    expect(weights('both', null)).toEqual([1, 1]);
  });

  it('is half as much again of the frames where the text says only the kind, but not of their mean', () => {
    expect(weights('label', 'animal')).toEqual([0, 0]);
    expect(weights('clip-wise', 'animal')).toEqual([1, 0]);
    expect(weights('frame', 'animal')).toEqual([1.5, 0]);
    expect(weights('timing', 'animal')).toEqual([0, 1]);
    expect(weights('both', 'animal')).toEqual([1.5, 1]);
  });
});
