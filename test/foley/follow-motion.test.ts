import { describe, expect, it } from 'vitest';
import { createWave } from '../../src/audio/wave.js';
import type { FrameEmbeddings, ImageTextEncoder } from '../../src/conditions/frame-embeddings.js';
import type { MotionCurve } from '../../src/conditions/motion-curve.js';
import { defaultMotionSettings, levelDbAt, motionPath } from '../../src/conditions/motion-path.js';
import { coverage, projectBox } from '../../src/data/visibility.js';
import { assumeSize } from '../../src/foley/assumed-size.js';
import { computeMotion, type FollowedMotion, followMotion } from '../../src/foley/clip-motion.js';
import { followRecord, followSound } from '../../src/foley/follow-sound.js';
import { type FoleyTake, generate } from '../../src/foley/generate.js';
import { needsOf } from '../../src/foley/model/model-needs.js';
import { StageClock } from '../../src/foley/progress.js';
import { parseRequest } from '../../src/foley/request.js';
import { fakeClip, fakeDefaults, fakeStations, settled, type Trace } from './fake-stations.js';

const rateHz = 16000;
const metresPerSecond = 15;

/** A square of 4 m that passes 20 m away, in the middle after 2 s, seen 8 times a second. */
function passBy(): MotionCurve {
  const timesSeconds = Array.from({ length: 32 }, (_, index) => index / 8);
  const camera = { heightMetres: 1.5, focalWidths: 1, horizon: 0.5, aspect: 1 };
  const boxes = timesSeconds.map(
    (time) => projectBox({ x: metresPerSecond * (time - 2) * 0.25, y: -0.5, z: 20 }, 4, 4, camera)!,
  );
  return {
    timesSeconds,
    presence: boxes.map(() => 1),
    size: boxes.map((box) => coverage(box).area),
    position: boxes.map((box) => box.left + box.right - 1),
  };
}

/** Straight at the camera and away again at an even speed: the size says 5 + 15 |t - 2| metres of a thing of 4 m. */
function bounce(): MotionCurve {
  const timesSeconds = Array.from({ length: 321 }, (_, index) => index / 80);
  return {
    timesSeconds,
    presence: timesSeconds.map(() => 1),
    size: timesSeconds.map((time) => Math.min(1, (4 / (5 + metresPerSecond * Math.abs(time - 2))) ** 2)),
    position: timesSeconds.map(() => 0),
  };
}

/** What is seen here is exact and dense, and turns at once. */
const exactly = { ...defaultMotionSettings, windowsSeconds: [0.25] };

function followed(curve: MotionCurve, strengths: Partial<FollowedMotion>): FollowedMotion {
  return {
    path: motionPath(curve, exactly)!,
    dynamics: 0,
    doppler: 0,
    pan: 0,
    isSustained: false,
    fades: [],
    thing: { subject: 'car', sizeMetres: 4, fastestMetresPerSecond: 30 },
    ...strengths,
  };
}

const tone = (hertz: number, seconds: number) =>
  createWave(rateHz, [
    Float32Array.from({ length: seconds * rateHz }, (_, index) =>
      Math.sin((2 * Math.PI * hertz * index) / rateHz),
    ),
  ]);

/** Mean frequency over a stretch, from its zero crossings. */
function hertzOf(samples: Float32Array, fromSeconds: number, toSeconds: number): number {
  const ups: number[] = [];
  for (let index = Math.round(fromSeconds * rateHz); index < toSeconds * rateHz; index++) {
    const [before, after] = [samples[index - 1]!, samples[index]!];
    if (before < 0 && after >= 0) ups.push(index - after / (after - before));
  }
  return ((ups.length - 1) * rateHz) / (ups.at(-1)! - ups[0]!);
}

describe('pitch', () => {
  it('is raised by c / (c - v) on the way here and lowered by c / (c + v) on the way back', () => {
    const made = followSound(tone(1000, 4), followed(bounce(), { doppler: 1 }), 0).channels[0]!;
    // the speed that is read off the sizes is right within 2 %, which is 0.1 % of the frequency
    expect(hertzOf(made, 0.5, 1.2) / 1000).toBeCloseTo(343 / (343 - metresPerSecond), 2);
    expect(hertzOf(made, 2.8, 3.5) / 1000).toBeCloseTo(343 / (343 + metresPerSecond), 2);
  });
  it('falls as something passes, half as far at half the strength', () => {
    const fall = (doppler: number): number => {
      const made = followSound(tone(1000, 4), followed(passBy(), { doppler }), 0).channels[0]!;
      return hertzOf(made, 2.8, 3.8) / hertzOf(made, 0.2, 1.2) - 1;
    };
    expect(fall(1)).toBeLessThan(-0.002);
    expect(fall(0.5) / fall(1)).toBeCloseTo(0.5, 1);
  });
  it('does not take anything to be faster than its kind', () => {
    const thing = { subject: 'snail', sizeMetres: 4, fastestMetresPerSecond: 1 };
    const made = followSound(tone(1000, 4), followed(bounce(), { doppler: 1, thing }), 0).channels[0]!;
    expect(hertzOf(made, 0.5, 1.2) / 1000).toBeCloseTo(343 / 342, 4);
  });
  it('leaves every sample as it is where nothing is asked for, or nothing moves', () => {
    const wave = tone(440, 1);
    expect(followSound(wave, null, 0)).toBe(wave);
    const still = { timesSeconds: [0, 1], presence: [1, 1], size: [0.1, 0.1], position: [0.3, 0.3] };
    const noise = createWave(rateHz, [
      wave.channels[0]!.map((sample, index) => sample * Math.cos(index ** 2)),
    ]);
    expect(followSound(noise, followed(still, { doppler: 1 }), 0)).toEqual(noise);
  });
});

describe('level', () => {
  const rmsAt = (seconds: number, dynamics: number, startSeconds = 0): number => {
    const made = followSound(tone(500, 4), followed(bounce(), { dynamics }), startSeconds).channels[0]!;
    const first = Math.round(seconds * rateHz);
    const part = made.subarray(first, first + Math.round(0.05 * rateHz));
    return 20 * Math.log10(Math.sqrt(part.reduce((sum, sample) => sum + sample ** 2, 0) / part.length));
  };
  it('falls with the distance, by half of it at half the strength', () => {
    const path = motionPath(bounce(), exactly)!;
    const expected = levelDbAt(path, 0.2) - levelDbAt(path, 2);
    expect(expected).toBeLessThan(-6);
    expect(rmsAt(0.2, 1) - rmsAt(2, 1)).toBeCloseTo(expected, 0);
    expect(rmsAt(0.2, 0.5) - rmsAt(2, 0.5)).toBeCloseTo(expected / 2, 0);
    expect(rmsAt(0.2, 0)).toBeCloseTo(rmsAt(2, 0), 1);
  });
  it('takes the time of the clip, not that of the sound', () => {
    expect(rmsAt(0.5, 1, 1.5)).toBeCloseTo(rmsAt(2, 1), 0);
  });
});

describe('direction', () => {
  it('goes with the place, from the start of the range on', () => {
    const balanceAt = (startSeconds: number, pan: number): number => {
      const { channels } = followSound(tone(500, 0.1), followed(passBy(), { pan }), startSeconds);
      const power = (samples: Float32Array) => samples.reduce((sum, sample) => sum + sample ** 2, 0);
      return (power(channels[1]!) - power(channels[0]!)) / (power(channels[0]!) + power(channels[1]!));
    };
    expect(balanceAt(0, 1)).toBeLessThan(-0.3);
    expect(Math.abs(balanceAt(1.95, 1))).toBeLessThan(0.05);
    expect(balanceAt(3.8, 1)).toBeGreaterThan(0.3);
    expect(balanceAt(3.8, 0.5)).toBeLessThan(balanceAt(3.8, 1));
  });
});

describe('the record', () => {
  it('says what was done, and what for', () => {
    const record = followRecord(followed(bounce(), { dynamics: 0.5, doppler: 1 }), 0, 4);
    expect(record).toMatchObject({ dynamics: 0.5, doppler: 1, pan: 0, pans: [0, 0] });
    // before any look it is likely to stand still, which makes what is seen for so short a time a little slower
    const [lowest, highest] = [12 * Math.log2(343 / 358), 12 * Math.log2(343 / 328)];
    expect(record.semitones[0] / lowest).toBeGreaterThan(0.95);
    expect(record.semitones[0] / lowest).toBeLessThan(1.02);
    expect(record.semitones[1] / highest).toBeGreaterThan(0.95);
    expect(record.semitones[1] / highest).toBeLessThan(1.02);
    // 35 m against some 6 m, where smoothing blunts the turn
    expect(record.quietestDb).toBeGreaterThan(-0.5 * 20 * Math.log10(35 / 5));
    expect(record.quietestDb).toBeLessThan(-0.5 * 20 * Math.log10(35 / 8));
    expect(record.thing).toMatchObject({ subject: 'car', sizeMetres: 4 });
  });
});

/** Knows by heart which words are alike: those that share one. */
const words: Pick<ImageTextEncoder, 'embedTexts'> = {
  embedTexts: async (texts) => {
    const known = [...new Set(texts.flatMap((text) => text.split(' ')))];
    return texts.map((text) => Float32Array.from(known, (word) => (text.split(' ').includes(word) ? 1 : 0)));
  },
};

describe('an assumed size', () => {
  it('is that of the nearest thing', async () => {
    expect(await assumeSize('train', 1, words)).toMatchObject({ subject: 'train' });
    const elephant = (await assumeSize('elephant', 1, words))!;
    const frog = (await assumeSize('frog', 1, words))!;
    expect(elephant.sizeMetres / frog.sizeMetres).toBeCloseTo(Math.sqrt((2.3 * 3.2) / (0.12 * 0.2)), 6);
  });
  it('is larger in a wide picture, whose height counts for more', async () => {
    const [square, wide] = [await assumeSize('frog', 1, words), await assumeSize('frog', 4, words)];
    expect(wide!.sizeMetres / square!.sizeMetres).toBeCloseTo(2, 6);
  });
  it('is not made up for what has no shape', async () => {
    expect(await assumeSize('rain falling', 1, words)).toBeNull();
  });
});

describe('what is followed', () => {
  const encoder = fakeStations([]).encoder;
  const request = settled({ dynamics: 1, pan: 1 });
  it('is nothing unless it is asked for', async () => {
    expect(await followMotion(settled(), 'dog', bounce(), encoder, 1)).toEqual({
      followed: null,
      warnings: [],
    });
  });
  it('is said to have no effect where nobody knows the motion, or the thing is nowhere', async () => {
    const { warnings } = await followMotion(request, 'dog', null, encoder, 1);
    expect(warnings).toEqual([
      expect.stringMatching(/^dynamics, pan had no effect: the model's image encoder/),
    ]);
    const hidden = { ...bounce(), presence: bounce().presence.map(() => 0.01) };
    expect((await followMotion(request, 'dog', hidden, encoder, 1)).warnings).toEqual([
      'dynamics, pan had no effect: "dog" was found nowhere in the picture',
    ]);
  });
  it('leaves out the pitch where no size is known', async () => {
    const asked = settled({ doppler: 1, pan: 1 });
    const sees = { ...encoder, ...words };
    const found = await followMotion(asked, 'rain falling', bounce(), sees, 1);
    expect(found.followed).toMatchObject({ doppler: 0, pan: 1, thing: null });
    expect(found.warnings).toEqual([expect.stringMatching(/^doppler had no effect/)]);
  });
  it('is not computed by encoders that do not tell places', async () => {
    const frames: FrameEmbeddings = {
      timesSeconds: Float64Array.of(0),
      width: 2,
      data: Float32Array.of(1, 0),
    };
    expect(await computeMotion('dog', frames, encoder)).toBeNull();
  });
  it('needs eyes even where neither frames nor timing do', () => {
    const needs = (fields: object) =>
      needsOf(
        parseRequest({ video: 'a.mp4', label: 'dog', frameScale: 0, timingScale: 0, ...fields }),
        fakeDefaults,
      );
    expect(needs({})).toMatchObject({ sight: false, labels: false });
    expect(needs({ pan: 1 })).toMatchObject({ sight: true, labels: true });
    expect(needs({ dynamics: 1 })).toMatchObject({ sight: true, labels: true });
    expect(needs({ pan: 1, timing: { spans: [], motion: bounce() } }).sight).toBe(false);
  });
});

async function takeOf(fields: object, trace: Trace = []): Promise<FoleyTake> {
  const job = {
    request: settled({ steps: 1, ...fields }),
    clip: fakeClip(trace),
    stations: fakeStations(trace),
    clock: new StageClock(),
    hooks: {},
  };
  for await (const take of generate(job)) return take;
  throw new Error('no take');
}

describe('a take', () => {
  it('stays mono unless it pans, and says what was applied', async () => {
    const plain = await takeOf({});
    expect(plain.wave.channels).toHaveLength(1);
    expect(plain.followed).toBeNull();
    const moved = await takeOf({ pan: 1, doppler: 1 });
    expect(moved.wave.channels).toHaveLength(2);
    expect(moved.followed).toMatchObject({ dynamics: 0, doppler: 1, pan: 1 });
    expect(moved.followed!.pans[0]).toBeLessThan(0);
    expect(moved.followed!.pans[1]).toBeGreaterThan(0);
  });
  it('keeps the motion with its timing, and follows one that is given instead', async () => {
    const seen = await takeOf({ dynamics: 1 });
    const { spans, timesSeconds, similarity, motion } = seen.timing!;
    const timing = { spans, timesSeconds, similarity, motion };
    const again = await takeOf({ dynamics: 1, timing });
    expect(again.wave).toEqual(seen.wave);
    expect(again.timing!.motion).toEqual(motion);
    const other = await takeOf({ dynamics: 1, timing: { ...timing, motion: bounce() } });
    expect(other.wave).not.toEqual(seen.wave);
  });
  it('has stereo stems that a mix takes as they are', async () => {
    const take = await takeOf({
      label: null,
      tracks: [{ label: 'dog' }, { label: 'rain', mute: true }],
      pan: 1,
    });
    expect(take.wave.channels).toHaveLength(2);
    expect(take.tracks!.map(({ wave }) => wave.channels.length)).toEqual([2, 2]);
    expect(take.tracks![0]!.followed).toMatchObject({ pan: 1 });
  });
});
