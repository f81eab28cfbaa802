import { describe, expect, it } from 'vitest';
import { createWave } from '../../src/audio/index.js';
import { type FoleyTake, generate } from '../../src/foley/generate.js';
import { asStored, mixTracks } from '../../src/foley/mix-tracks.js';
import { type FoleyProgress, StageClock } from '../../src/foley/progress.js';
import type { SettledRequest } from '../../src/foley/settled-request.js';
import { stemName } from '../../src/foley/stem-name.js';
import { digest, fakeClip, fakeStations, settled, type Trace } from './fake-stations.js';

async function run(request: SettledRequest, onProgress?: (progress: FoleyProgress) => void, clipSeconds = 2) {
  const trace: Trace = [];
  const takes: FoleyTake[] = [];
  const job = {
    request,
    clip: fakeClip(trace, clipSeconds),
    stations: fakeStations(trace),
    clock: new StageClock(),
    hooks: onProgress ? { onProgress } : {},
  };
  for await (const take of generate(job)) takes.push(take);
  return {
    trace,
    takes,
    counted: (kind: string) => trace.filter((entry) => kind in (entry as object)).length,
  };
}
const withTracks = (...tracks: object[]) => settled({ label: null, tracks, seed: 5, steps: 1 });

describe('a request with several labels', () => {
  it('looks at the clip once, and at each label once', async () => {
    const one = await run(settled({ steps: 1 }));
    const three = await run(withTracks({ label: 'dog' }, { label: 'rain' }, { label: 'wind' }));
    expect(three.counted('frames')).toBe(1);
    expect(three.counted('embedTexts')).toBe(3 * one.counted('embedTexts'));
    expect(three.counted('textStates')).toBe(1);
    expect(three.counted('denoiser')).toBe(3 * one.counted('denoiser'));
  });

  it('makes of a track what its label alone would make with that seed', async () => {
    const { takes } = await run(
      withTracks({ label: 'dog', seed: 9, prompt: 'a small dog' }, { label: 'rain' }),
    );
    const alone = await run(settled({ label: 'dog', seed: 9, prompt: 'a small dog', steps: 1 }));
    const [track] = takes[0]!.tracks!;
    const { wave, windows, timing } = alone.takes[0]!;
    expect(digest(track!.wave.channels[0]!)).toBe(digest(asStored(wave).channels[0]!));
    expect({ windows: track!.windows, timing: track!.timing }).toEqual({ windows, timing });
  });

  it('keeps a track as it is when others come, go and move', async () => {
    const made = async (...labels: string[]) => {
      const { takes } = await run(withTracks(...labels.map((label) => ({ label }))));
      return Object.fromEntries(
        takes[0]!.tracks!.map(({ plan, windows, wave }) => [
          plan.label,
          [windows, digest(wave.channels[0]!)],
        ]),
      );
    };
    const { dog, rain } = await made('dog', 'rain');
    expect(dog![0]).not.toEqual(rain![0]);
    expect(await made('rain', 'wind', 'dog')).toMatchObject({ dog, rain });
  });

  it('gives each its own timing, threshold and negative prompt', async () => {
    const spans = [{ startSeconds: 1, endSeconds: 2 }];
    const { takes, trace } = await run(
      withTracks(
        { label: 'dog', timing: { spans } },
        { label: 'rain', negative: 'music', threshold: 0.99 },
        { label: 'wind' },
      ),
    );
    const [dog, rain, wind] = takes[0]!.tracks!;
    expect(dog!.timing!.spans).toEqual(spans);
    expect(rain!.timing!.spans).not.toEqual(wind!.timing!.spans);
    expect(trace).toContainEqual({ textStates: ['dog', '', 'rain', 'music', 'wind', ''] });
  });

  it('draws other noise for every take of every track', async () => {
    const { takes } = await run(
      settled({ label: null, tracks: [{ label: 'dog' }, { label: 'rain' }], takes: 2, steps: 1 }),
      undefined,
      12, // two windows
    );
    const seeds = takes.flatMap(({ tracks }) =>
      tracks!.flatMap(({ windows }) => windows.map(({ seed }) => seed)),
    );
    expect(seeds).toHaveLength(8);
    expect(new Set(seeds).size).toBe(8);
  });

  it('names the track in what it warns of', async () => {
    const { takes } = await run(withTracks({ label: 'dog', timing: { spans: [] } }, { label: 'rain' }));
    expect(takes[0]!.warnings).toContainEqual(expect.stringMatching(/^"dog" was seen nowhere/));
  });

  it('counts its progress over all tracks', async () => {
    const told: FoleyProgress[] = [];
    await run(withTracks({ label: 'dog' }, { label: 'rain' }), (progress) => told.push(progress), 12);
    for (const stage of ['denoise', 'decode', 'vocode'] as const) {
      const done = told.filter((progress) => progress.stage === stage);
      expect(done.map((progress) => progress.done)).toEqual(done.map((_, index) => index + 1));
      expect(done.at(-1)!.done).toBe(done.at(-1)!.total);
    }
  });

  it('mixes at the gains, and brings the mix to the loudness of the request', async () => {
    const mixOf = async (...tracks: object[]) => (await run(withTracks(...tracks))).takes[0]!;
    const plain = await mixOf({ label: 'dog' }, { label: 'rain' });
    expect(plain.level.integratedLufs).toBeCloseTo(-23, 1);
    expect(plain.wave.channels).toHaveLength(1);
    const quieter = await mixOf({ label: 'dog' }, { label: 'rain', gain: -20 });
    expect(digest(quieter.wave.channels[0]!)).not.toBe(digest(plain.wave.channels[0]!));
    expect(quieter.tracks!.map(({ wave }) => digest(wave.channels[0]!))).toEqual(
      plain.tracks!.map(({ wave }) => digest(wave.channels[0]!)),
    );
    expect((await mixOf({ label: 'dog', pan: -1 }, { label: 'rain' })).wave.channels).toHaveLength(2);
    const muted = await mixOf({ label: 'dog', mute: true }, { label: 'rain', mute: true });
    expect(muted.wave.channels[0]!.every((sample) => sample === 0)).toBe(true);
    expect(muted.warnings).toContain('the sound is silent');
  });
});

describe('mixTracks', () => {
  const tone = (amplitude: number, hz: number) =>
    createWave(16000, [Float32Array.from({ length: 16000 }, (_, at) => amplitude * Math.sin(at * hz))]);
  const track = (wave = tone(0.1, 0.3), fields = {}) => ({ wave, gain: 0, pan: 0, mute: false, ...fields });

  it('adds what is not muted, sample by sample, when no loudness is asked for', () => {
    const [a, b] = [tone(0.1, 0.3), tone(0.2, 0.11)];
    const { wave, gainDb } = mixTracks(
      [track(a), track(b, { gain: 20 * Math.log10(0.5) }), track(b, { mute: true })],
      null,
    );
    expect(gainDb).toBe(0);
    // sums in double, stored in float32: half a unit in the last place of values below 0.5
    const errors = wave.channels[0]!.map((sample, at) =>
      Math.abs(sample - (a.channels[0]![at]! + 0.5 * b.channels[0]![at]!)),
    );
    expect(Math.max(...errors)).toBeLessThan(2 ** -24);
  });

  it('pans one hard to each side', () => {
    const [a, b] = [tone(0.1, 0.3), tone(0.1, 0.11)];
    const { wave } = mixTracks([track(a, { pan: -1 }), track(b, { pan: 1 })], null);
    expect(wave.channels.map(digest)).toEqual([a, b].map(({ channels }) => digest(channels[0]!)));
  });

  it('takes the loudness of a mix whatever the tracks have', () => {
    expect(mixTracks([track(), track(tone(0.3, 0.2))], -30).integratedLufs).toBeCloseTo(-30, 1);
  });
});

describe('stemName', () => {
  it.each([
    ['Dog barking!', 'clip.foley.track-1-dog-barking'],
    ['../../etc/passwd', 'clip.foley.track-1-etc-passwd'],
    ['Gläser klirren', 'clip.foley.track-1-glaser-klirren'],
    ['狗叫', 'clip.foley.track-1'],
    ['x'.repeat(200), `clip.foley.track-1-${'x'.repeat(40)}`],
  ])('%s', (label, name) => {
    expect(stemName('clip.foley', 0, label)).toBe(name);
  });
});
