import { describe, expect, it } from 'vitest';
import { kindOfLabel } from '../../src/foley/clip-events.js';
import { type FoleyTake, generate } from '../../src/foley/generate.js';
import { type FoleyProgress, type JobHooks, StageClock } from '../../src/foley/progress.js';
import type { SettledRequest } from '../../src/foley/settled-request.js';
import type { Clip } from '../../src/foley/stations.js';
import { digest, fakeClip, fakeStations, settled, type Trace } from './fake-stations.js';
import { type Variant, variants } from './request-variants.js';

async function run(
  request: SettledRequest,
  { clip, hooks = {} }: { clip?: (trace: Trace) => Clip; hooks?: JobHooks } = {},
) {
  const trace: Trace = [];
  const takes: FoleyTake[] = [];
  const job = {
    request,
    clip: clip?.(trace) ?? fakeClip(trace),
    stations: fakeStations(trace),
    clock: new StageClock(),
    hooks,
  };
  for await (const take of generate(job)) takes.push(take);
  return { trace, takes };
}

/** All that stations received, and all that came out. */
const outcome = async (request: SettledRequest, options = {}) => {
  const { trace, takes } = await run(request, options);
  return JSON.stringify([trace, takes.map(({ wave, ...rest }) => [digest(wave.channels[0]!), rest])]);
};

// a clip of two windows, so that the overlap matters too
// light, doubtful and dark in turn, so that every threshold matters
const longClip = (trace: Trace) => fakeClip(trace, 12, (t) => [255, 150, 0][Math.floor(t) % 3]!);

describe('every field does something', () => {
  const audible = Object.entries(variants).filter(([, variant]) => variant.seenIn === 'sound');
  it.each(audible)('%s', async (name, { value, beside = {} }: Variant) => {
    const without = await outcome(settled({ ...beside, steps: 2 }), { clip: longClip });
    const withIt = await outcome(settled({ ...beside, steps: 2, [name]: value }), { clip: longClip });
    expect(withIt).not.toBe(without);
  });
});

describe('generate', () => {
  it('gives the same for the same request', async () => {
    expect(await outcome(settled())).toBe(await outcome(settled()));
  });

  it('sounds as long as the picture, and finds where the label is seen', async () => {
    const { takes } = await run(settled());
    expect(takes[0]!.wave.channels[0]!.length).toBe(32000);
    const { spans } = takes[0]!.timing!;
    expect(spans).toHaveLength(1);
    // the middle of a smoothed edge stays in place, and the hysteresis holds the end: within 0.1 s
    expect(Math.abs(spans[0]!.startSeconds - 0.5)).toBeLessThan(0.1);
    expect(Math.abs(spans[0]!.endSeconds - 1.5)).toBeLessThan(0.1);
  });

  it('compares all pictures only where a label may sound at sudden movements', async () => {
    const pictures = async (fields: object) => {
      const { trace } = await run(settled({ looksPerSecond: 5, ...fields }));
      const asked = trace.find((entry) => 'frames' in (entry as object)) as {
        frames: { framesPerSecond: number };
      };
      return asked.frames.framesPerSecond;
    };
    expect(await pictures({ events: 'all' })).toBe(30);
    expect(await pictures({ events: 'off' })).toBe(5);
    const kind = await kindOfLabel('dog', fakeStations([]).encoder);
    expect(await pictures({ events: 'rhythmic', label: 'dog' })).toBe(kind === 'rhythmic' ? 30 : 5);
    expect(await pictures({ events: 'rhythmic', label: null })).toBe(30); // nobody knows yet what is heard
    const timing = { spans: [], timesSeconds: [], similarity: [] };
    expect(await pictures({ events: 'all', timing })).toBe(5);
  });

  it('leaves out what has no weight, and does not look when nothing needs it', async () => {
    const { trace, takes } = await run(settled({ frameScale: 0, timingScale: 0 }));
    expect(trace.some((entry) => 'frames' in (entry as object))).toBe(false);
    expect(trace).toContainEqual(
      expect.objectContaining({ denoiser: expect.objectContaining({ frames: null, timing: null }) }),
    );
    expect(takes[0]!.timing).toBeNull();
  });

  it('makes one pass a step without guidance, two with, three with a factor for vision', async () => {
    const passes = async (fields: object) =>
      (await run(settled({ steps: 4, ...fields }))).trace.filter((entry) => 'predict' in (entry as object))
        .length;
    expect(await passes({ guidance: 1 })).toBe(4);
    expect(await passes({ guidance: 3 })).toBe(8);
    expect(await passes({ guidance: 3, visionGuidance: 2 })).toBe(12);
  });

  it('draws other noise for each take and each window, none of it twice', async () => {
    const { takes, trace } = await run(settled({ takes: 2, steps: 1, guidance: 1 }), { clip: longClip });
    const seeds = takes.flatMap((take) => take.windows.map((window) => window.seed));
    expect(new Set(seeds).size).toBe(4);
    const starts = trace.flatMap((entry) =>
      'predict' in (entry as object) ? [(entry as { predict: { latents: string } }).predict.latents] : [],
    );
    expect(new Set(starts).size).toBe(4);
  });

  it('is silent outside the range', async () => {
    const { takes, trace } = await run(settled({ start: 0.5, duration: 1 }));
    const samples = takes[0]!.wave.channels[0]!;
    expect(samples.subarray(0, 8000).every((value) => value === 0)).toBe(true);
    expect(samples.subarray(8000, 24000).some((value) => value !== 0)).toBe(true);
    expect(samples.subarray(24000).every((value) => value === 0)).toBe(true);
    expect(trace[0]).toMatchObject({ frames: { startSeconds: 0.5, endSeconds: 1.5 } });
  });

  it('refuses to start past the end', async () => {
    await expect(run(settled({ start: 2 }))).rejects.toThrow(
      /start 2 s lies past the end of the clip at 2\.00 s/,
    );
  });

  it('makes a window of a clip of one frame', async () => {
    const { takes } = await run(settled(), { clip: (trace) => fakeClip(trace, 1 / 30, () => 255) });
    expect(takes[0]!.wave.channels[0]!.length).toBe(533);
  });

  it('takes a given timing in place of the computed one', async () => {
    const timing = { spans: [{ startSeconds: 0.2, endSeconds: 0.4 }] };
    const { takes, trace } = await run(settled({ timing }));
    expect(takes[0]!.timing!.spans).toEqual(timing.spans);
    expect(takes[0]!.warnings).toEqual([]);
    expect(trace.some((entry) => 'embedTexts' in (entry as object))).toBe(false);
  });

  it('says what of a given timing, or beside it, has no effect', async () => {
    const timing = { file: 'my.json', label: 'cat', spans: [{ startSeconds: 1, endSeconds: 9 }] };
    const { takes } = await run(settled({ timing, threshold: 0.3 }));
    expect(takes[0]!.timing!.spans).toEqual([{ startSeconds: 1, endSeconds: 2 }]);
    expect(takes[0]!.warnings).toEqual([
      'my.json was made for the label "cat", not for "dog"',
      'my.json reaches past the end of the clip at 2 s; the rest was cut off',
      'threshold had no effect: the timing was given',
    ]);
  });

  it('warns when the label is seen nowhere', async () => {
    const { takes } = await run(settled({ strategy: 'contrast' }), {
      clip: (trace) => fakeClip(trace, 2, () => 0),
    });
    expect(takes[0]!.warnings[0]).toMatch(/"dog" was seen nowhere/);
  });

  it('stops at any step when it is cancelled', async () => {
    let calls = 0;
    await run(settled(), { hooks: { onProgress: () => calls++ } });
    for (let at = 1; at < calls; at += 7) {
      const abort = new AbortController();
      let seen = 0;
      const hooks = { signal: abort.signal, onProgress: () => ++seen === at && abort.abort() };
      await expect(run(settled(), { hooks: hooks as JobHooks })).rejects.toMatchObject({ code: 'cancelled' });
    }
  });

  it('tells how far it is: each stage rises to its total', async () => {
    const told: FoleyProgress[] = [];
    await run(settled({ takes: 2 }), {
      clip: longClip,
      hooks: { onProgress: (progress) => told.push(progress) },
    });
    for (const stage of ['frames', 'denoise', 'decode', 'vocode'] as const) {
      const ofStage = told.filter((progress) => progress.stage === stage);
      for (const take of new Set(ofStage.map((progress) => progress.take))) {
        const done = ofStage.filter((progress) => progress.take === take).map((progress) => progress.done);
        expect(done).toEqual([...done].sort((a, b) => a - b));
        expect(done.at(-1)).toBe(ofStage.at(-1)!.total);
      }
    }
  });
});
