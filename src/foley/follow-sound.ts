/** @file Lets the finished sound of a track follow its thing: pitch by the speed of its approach, direction by its place. */
import { panOverTime } from '../audio/moving-pan.js';
import { ownSwells } from '../audio/own-swells.js';
import { readAt } from '../audio/variable-speed.js';
import { createWave, sampleCount, type Wave } from '../audio/wave.js';
import { tailGain } from '../conditions/heard-beyond.js';
import { distanceMetresAt, levelDbAt, panAt, radialSpeedAt } from '../conditions/motion-path.js';
import { levelRangeDb } from '../conditions/timing-raster.js';
import { dopplerFactor, speedOfSound } from '../data/acoustics.js';
import type { FollowedMotion } from './clip-motion.js';

/** What following did to a sound, for its record. */
export interface FollowRecord {
  /** As they acted; 0 where something had no effect. */
  readonly dynamics: number;
  readonly doppler: number;
  readonly pan: number;
  /** The lowest level, dB below the loudest. */
  readonly quietestDb: number;
  /** Lowest and highest pitch. */
  readonly semitones: readonly [lowest: number, highest: number];
  /** Furthest to the left and to the right, -1..1. */
  readonly pans: readonly [left: number, right: number];
  /** What was assumed for the pitch, and how near the thing came by that; null where the pitch is left alone. */
  readonly thing: {
    readonly subject: string;
    readonly sizeMetres: number;
    readonly nearestMetres: number;
  } | null;
}

/**
 * The sound with its pitch, its level and its direction; the same object where nothing is asked for. The level is a plain
 * gain: a temporal adapter that was trained with levels followed a fall of 30 dB by 4 to 7 only. A sustained sound is made
 * even first, as far as it follows: a swell of its own would be heard as the thing coming nearer.
 * @param wave mono
 * @param startSeconds the time of the clip at which the sound begins
 */
export function followSound(wave: Wave, followed: FollowedMotion | null, startSeconds: number): Wave {
  if (followed === null) return wave;
  const { path, pan } = followed;
  const shifted = withLevel(withDoppler(wave, followed, startSeconds), followed, startSeconds);
  return pan === 0 ? shifted : panOverTime(shifted, (seconds) => pan * panAt(path, startSeconds + seconds));
}

/** The gain is told so often; between, it is a straight line. */
const gainStepSeconds = 0.02;

function withLevel(wave: Wave, followed: FollowedMotion, startSeconds: number): Wave {
  const { path, dynamics, isSustained, fades } = followed;
  if (dynamics === 0) return wave;
  const rate = wave.sampleRateHz;
  const count = Math.ceil(sampleCount(wave) / rate / gainStepSeconds) + 2;
  const swells = isSustained ? ownSwells(wave.channels[0]!, rate, gainStepSeconds) : new Float64Array(0);
  const gains = Float64Array.from({ length: count }, (_, step) => {
    const seconds = startSeconds + step * gainStepSeconds;
    const levelDb = Math.max(-levelRangeDb, dynamics * levelDbAt(path, seconds));
    const gain = 10 ** ((levelDb - dynamics * (swells[step] ?? swells.at(-1) ?? 0)) / 20);
    return gain * tailGain(fades, seconds);
  });
  const stepSamples = gainStepSeconds * rate;
  return createWave(
    rate,
    wave.channels.map((channel) =>
      channel.map((sample, index) => {
        const step = Math.floor(index / stepSamples);
        const part = index / stepSamples - step;
        return sample * (gains[step]! + part * (gains[step + 1]! - gains[step]!));
      }),
    ),
  );
}

/** The record of a stretch of the clip. */
export function followRecord(
  { path, dynamics, doppler, pan, thing }: FollowedMotion,
  startSeconds: number,
  endSeconds: number,
): FollowRecord {
  const times = [
    startSeconds,
    ...path.timesSeconds.filter((time) => time > startSeconds && time < endSeconds),
    endSeconds,
  ];
  const extremes = (valueAt: (time: number) => number): [number, number] => {
    const values = times.map(valueAt);
    const rounded = (value: number): number => Math.round(value * 1e3) / 1e3 + 0;
    return [
      rounded(values.reduce((a, b) => Math.min(a, b))),
      rounded(values.reduce((a, b) => Math.max(a, b))),
    ];
  };
  const [quietest] = extremes((time) => Math.max(-levelRangeDb, dynamics * levelDbAt(path, time)));
  return {
    dynamics,
    doppler,
    pan,
    quietestDb: quietest,
    semitones: extremes(
      (time) => 12 * Math.log2(dopplerFactor(doppler * approachSpeed({ path, thing }, time))),
    ),
    pans: extremes((time) => pan * panAt(path, time)),
    thing:
      thing === null
        ? null
        : {
            subject: thing.subject,
            sizeMetres: thing.sizeMetres,
            nearestMetres: extremes((time) => distanceMetresAt(path, thing.sizeMetres, time))[0],
          },
  };
}

/** m/s away from the camera, at most as fast as the thing is taken to be. */
function approachSpeed({ path, thing }: Pick<FollowedMotion, 'path' | 'thing'>, timeSeconds: number): number {
  if (thing === null) return 0;
  const { sizeMetres, fastestMetresPerSecond: fastest } = thing;
  return Math.min(fastest, Math.max(-fastest, radialSpeedAt(path, sizeMetres, timeSeconds)));
}

/** The speed is integrated in steps of this length; within one it changes by far less than is heard. */
const stepSeconds = 0.005;

/**
 * Sound that left the source at te is heard at te + r(te) / c. The travel time from the nearest point is left out, so that
 * there sound and picture meet, and everywhere else the sound is late by what the way is longer.
 */
function withDoppler(wave: Wave, followed: FollowedMotion, startSeconds: number): Wave {
  const { doppler, thing } = followed;
  if (doppler === 0 || thing === null) return wave;
  const rate = wave.sampleRateHz;
  const steps = Math.ceil(sampleCount(wave) / rate / stepSeconds) + 1;
  const away = new Float64Array(steps + 1); // metres, from where it is at the beginning
  for (let step = 0; step < steps; step++) {
    const middle = startSeconds + (step + 0.5) * stepSeconds;
    away[step + 1] = away[step]! + approachSpeed(followed, middle) * stepSeconds;
  }
  const nearest = away.reduce((least, metres) => Math.min(least, metres), 0);
  const delayAt = (seconds: number): number => {
    const at = Math.min(steps - 1e-9, Math.max(0, seconds / stepSeconds));
    const step = Math.floor(at);
    const metres = away[step]! + (at - step) * (away[step + 1]! - away[step]!);
    return (doppler * (metres - nearest)) / speedOfSound;
  };
  return readAt(wave, (index) => {
    const heard = index / rate;
    let left = heard - delayAt(heard);
    for (let round = 0; round < settlingRounds; round++) left = heard - delayAt(left);
    return index - delayAt(left) * rate; // a thing that keeps its distance leaves every sample where it is
  });
}

/** Each round makes the time of emission more exact by the factor of speed and speed of sound: at half of it, a 250th. */
const settlingRounds = 8;
