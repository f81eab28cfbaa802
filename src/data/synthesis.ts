/** @file Sounds of our own for classes with few recordings, from simple physics: firing rates, blades, sweeps, decaying modes. */
import type { SeededRandom } from './seeded-random.js';
import { librarySampleRateHz as rate } from './sound-library.js';

/** The classes that can be synthesised: their ids. */
export const synthesisers: Readonly<Record<string, (random: SeededRandom) => Float32Array>> = {
  car: (random) => engine(random, { lowHz: 24, highHz: 95, roughness: 0.5, noise: 0.35 }),
  'truck-or-traffic': (random) => engine(random, { lowHz: 14, highHz: 42, roughness: 0.7, noise: 0.5 }),
  'propeller-airplane': propeller,
  'jet-airplane': jet,
  train: trainOnRails,
  siren,
  horn,
  'ball-bounce': ballImpact,
  'glass-breaking': glass,
};

/** Sum of harmonics of a fundamental that may vary; amplitudes fall with the order and follow resonances. */
function harmonics(
  seconds: number,
  fundamentalHz: (timeSeconds: number) => number,
  amplitudeOf: (order: number, hertz: number) => number,
): Float32Array {
  const wave = new Float32Array(Math.round(seconds * rate));
  const startHz = fundamentalHz(0);
  const orders = Math.min(80, Math.floor(7200 / Math.max(startHz, 20)));
  const amplitudes = Array.from({ length: orders }, (_, index) =>
    amplitudeOf(index + 1, startHz * (index + 1)),
  );
  let phase = 0;
  for (let index = 0; index < wave.length; index++) {
    const hertz = fundamentalHz(index / rate);
    phase += (2 * Math.PI * hertz) / rate;
    // sin(n p) by the recurrence sin(n p) = 2 cos(p) sin((n - 1) p) - sin((n - 2) p)
    const turn = 2 * Math.cos(phase);
    let before = 0;
    let sine = Math.sin(phase);
    for (let order = 1; order <= orders && order * hertz < 7800; order++) {
      wave[index]! += amplitudes[order - 1]! * sine;
      [before, sine] = [sine, turn * sine - before];
    }
  }
  return wave;
}

/** White noise through a two-pole band-pass. */
function noiseBand(
  seconds: number,
  centreHz: number,
  bandwidthHz: number,
  random: SeededRandom,
): Float32Array {
  const wave = new Float32Array(Math.round(seconds * rate));
  const radius = Math.exp((-Math.PI * bandwidthHz) / rate);
  const turn = 2 * radius * Math.cos((2 * Math.PI * centreHz) / rate);
  let [y1, y2, x1, x2] = [0, 0, 0, 0];
  for (let index = 0; index < wave.length; index++) {
    const x = random.normal();
    const y = x - x2 + turn * y1 - radius * radius * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    wave[index] = y * (1 - radius);
  }
  return wave;
}

function mix(parts: readonly (readonly [gain: number, wave: Float32Array])[]): Float32Array {
  const wave = new Float32Array(parts[0]![1].length);
  for (const [gain, part] of parts) {
    for (let index = 0; index < wave.length; index++) wave[index]! += gain * (part[index] ?? 0);
  }
  return normalise(wave);
}

function normalise(wave: Float32Array): Float32Array {
  const peak = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return wave.map((value) => (0.7 * value) / peak);
}

/** A slow random drift around 1. */
function drift(random: SeededRandom, depth: number): (timeSeconds: number) => number {
  const waves = [0.13, 0.31, 0.7, 1.9].map((hertz) => ({
    hertz,
    phase: random.uniform(0, 7),
    depth: depth * random.next(),
  }));
  return (time) =>
    waves.reduce((value, one) => value + one.depth * Math.sin(2 * Math.PI * one.hertz * time + one.phase), 1);
}

/** Piston engine: harmonics of half the firing rate (uneven cylinders), an exhaust resonance, and intake noise. */
function engine(
  random: SeededRandom,
  range: { lowHz: number; highHz: number; roughness: number; noise: number },
): Float32Array {
  const seconds = 8;
  const firingHz = random.uniform(range.lowHz, range.highHz);
  const speed = drift(random, 0.02);
  const resonanceHz = random.uniform(90, 260);
  const uneven = random.uniform(0.1, range.roughness);
  const tone = harmonics(
    seconds,
    (time) => 0.5 * firingHz * speed(time),
    (order, hertz) => {
      const parity = order % 2 === 0 ? 1 : uneven;
      return (
        (parity * random.uniform(0.4, 1)) /
        (1 + ((hertz - resonanceHz) / 180) ** 2) ** 0.6 /
        (1 + hertz / 900)
      );
    },
  );
  const noise = noiseBand(seconds, random.uniform(300, 900), 900, random);
  return mix([
    [1, normalise(tone)],
    [range.noise * random.uniform(0.5, 1.2), normalise(noise)],
  ]);
}

/** Blades passing: strong low harmonics, engine firing under them, a slow beat, air noise. */
function propeller(random: SeededRandom): Float32Array {
  const seconds = 8;
  const bladeHz = random.uniform(65, 115);
  const speed = drift(random, 0.012);
  const tone = harmonics(
    seconds,
    (time) => bladeHz * speed(time),
    (order) => random.uniform(0.6, 1) / order ** 0.9,
  );
  const firing = harmonics(
    seconds,
    (time) => 0.5 * bladeHz * 1.003 * speed(time),
    (order) => random.uniform(0.2, 0.8) / order ** 0.6,
  );
  const air = noiseBand(seconds, 700, 1400, random);
  return mix([
    [1, normalise(tone)],
    [0.5, normalise(firing)],
    [0.35, normalise(air)],
  ]);
}

/** Exhaust roar and a turbine's whine. */
function jet(random: SeededRandom): Float32Array {
  const seconds = 8;
  const whineHz = random.uniform(1800, 3600);
  const speed = drift(random, 0.01);
  const whine = harmonics(
    seconds,
    (time) => whineHz * speed(time),
    (order) => 1 / order ** 2,
  );
  return mix([
    [1, normalise(noiseBand(seconds, random.uniform(180, 420), 500, random))],
    [0.6, normalise(noiseBand(seconds, random.uniform(1200, 2400), 2600, random))],
    [random.uniform(0.04, 0.16), normalise(whine)],
  ]);
}

/** Rolling rumble, hiss of the rails, and the double clack of each axle pair over a joint. */
function trainOnRails(random: SeededRandom): Float32Array {
  const seconds = 8;
  const clacks = new Float32Array(seconds * rate);
  const jointSeconds = random.uniform(0.7, 1.4);
  const axleSeconds = random.uniform(0.09, 0.16);
  const wheelHz = random.uniform(500, 1100);
  for (let time = 0.2; time < seconds; time += jointSeconds) {
    for (const offset of [0, axleSeconds, 3.2 * axleSeconds, 4.2 * axleSeconds]) {
      strike(clacks, time + offset, random.uniform(0.7, 1), [
        [wheelHz, 60, 1],
        [wheelHz * 2.31, 90, 0.5],
        [170, 25, 1.2],
      ]);
    }
  }
  return mix([
    [1, normalise(noiseBand(seconds, 120, 160, random))],
    [0.4, normalise(noiseBand(seconds, 2200, 2500, random))],
    [0.9, normalise(clacks)],
  ]);
}

/** Wail, yelp or two-tone: a bright tone whose pitch is swept. */
function siren(random: SeededRandom): Float32Array {
  const seconds = 8;
  const kind = random.pick(['wail', 'yelp', 'two-tone']);
  const lowHz = random.uniform(430, 680);
  const highHz = lowHz * (kind === 'two-tone' ? 4 / 3 : random.uniform(1.7, 2.3));
  const period =
    kind === 'yelp'
      ? random.uniform(0.25, 0.45)
      : kind === 'wail'
        ? random.uniform(2.5, 5)
        : random.uniform(0.9, 1.4);
  const pitch = (time: number): number => {
    const phase = (time / period) % 1;
    if (kind === 'two-tone') return phase < 0.5 ? lowHz : highHz;
    return lowHz * (highHz / lowHz) ** (0.5 - 0.5 * Math.cos(2 * Math.PI * phase));
  };
  return normalise(harmonics(seconds, pitch, (order) => (order % 2 === 1 ? 1 : 0.4) / order ** 1.1));
}

/** One or two blasts of two horns a third apart. */
function horn(random: SeededRandom): Float32Array {
  const lowHz = random.uniform(320, 440);
  const blast = (seconds: number): Float32Array => {
    const one = harmonics(
      seconds,
      () => lowHz,
      (order) => 1 / order ** 0.7,
    );
    const two = harmonics(
      seconds,
      () => lowHz * 1.26,
      (order) => 1 / order ** 0.7,
    );
    const wave = mix([
      [1, one],
      [1, two],
    ]);
    const edge = 0.015 * rate;
    return wave.map((value, index) => value * Math.min(1, index / edge, (wave.length - index) / edge));
  };
  const blasts = Array.from({ length: random.integer(1, 2) }, () => blast(random.uniform(0.2, 1)));
  const gap = Math.round(0.12 * rate);
  const wave = new Float32Array(blasts.reduce((sum, part) => sum + part.length + gap, 0));
  let offset = 0;
  for (const part of blasts) {
    wave.set(part, offset);
    offset += part.length + gap;
  }
  return wave;
}

/** Adds decaying modes [Hz, 1/s, gain] struck at a time. */
function strike(
  wave: Float32Array,
  timeSeconds: number,
  gain: number,
  modes: readonly (readonly [hertz: number, decayPerSecond: number, gain: number])[],
): void {
  const start = Math.round(timeSeconds * rate);
  for (const [hertz, decay, modeGain] of modes) {
    const length = Math.min(wave.length - start, Math.round((7 / decay) * rate));
    for (let index = 0; index < length; index++) {
      const time = index / rate;
      wave[start + index]! +=
        gain * modeGain * Math.exp(-decay * time) * Math.sin(2 * Math.PI * hertz * time);
    }
  }
}

/** One impact of a ball: the skin's low modes, the air inside, and a short slap. */
function ballImpact(random: SeededRandom): Float32Array {
  const wave = new Float32Array(Math.round(0.4 * rate));
  const skinHz = random.uniform(75, 190);
  strike(wave, 0.01, 1, [
    [skinHz, random.uniform(18, 40), 1],
    [skinHz * 2.3, 45, 0.5],
    [random.uniform(700, 1300), random.uniform(30, 80), 0.25],
  ]);
  const slap = noiseBand(0.02, random.uniform(1200, 3000), 2500, random);
  const loudest = slap.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const start = Math.round(0.01 * rate);
  slap.forEach((value, index) => {
    wave[start + index]! += ((0.6 * value) / loudest) * Math.exp(-index / (0.004 * rate));
  });
  return normalise(wave);
}

/** A pane breaking: a burst of noise, then shards ringing and falling. */
function glass(random: SeededRandom): Float32Array {
  const seconds = random.uniform(0.8, 1.6);
  const wave = new Float32Array(Math.round(seconds * rate));
  const burst = normalise(noiseBand(0.08, 4200, 3500, random));
  burst.forEach((value, index) => {
    wave[index + 160]! += 1.3 * value * Math.exp(-index / (0.02 * rate));
  });
  for (let shard = 0; shard < 60; shard++) {
    const time = 0.01 + -Math.log(1 - random.next()) * 0.18 * seconds;
    if (time > seconds - 0.1) continue;
    const hertz = random.uniform(1900, 7200);
    strike(wave, time, 0.4 * random.next() ** 2, [
      [hertz, random.uniform(20, 70), 1],
      [Math.min(7700, hertz * 1.37), 90, 0.4],
    ]);
  }
  return normalise(wave);
}
