/** @file When a wave sounds: a level envelope at 100 Hz, on spans by a gate with hysteresis, and onset times. */
import type { TimeSpan } from '../conditions/timeline.js';

/** RMS level in dB re full scale, one value per `hopSamples`; silence is -120. */
export interface LevelEnvelope {
  readonly hopSeconds: number;
  /** [samples / hop, rounded up] */
  readonly levelsDb: Float32Array;
}

const silenceDb = -120;

/** The level of each 10 ms (or `hopSeconds`) of a wave. */
export function levelEnvelope(samples: Float32Array, sampleRateHz: number, hopSeconds = 0.01): LevelEnvelope {
  const hop = Math.max(1, Math.round(sampleRateHz * hopSeconds));
  const levelsDb = new Float32Array(Math.ceil(samples.length / hop));
  for (let frame = 0; frame < levelsDb.length; frame++) {
    const end = Math.min(samples.length, (frame + 1) * hop);
    let energy = 0;
    for (let index = frame * hop; index < end; index++) energy += samples[index]! ** 2;
    const power = energy / (end - frame * hop);
    levelsDb[frame] = power > 1e-12 ? 10 * Math.log10(power) : silenceDb;
  }
  return { hopSeconds: hop / sampleRateHz, levelsDb };
}

export interface GateOptions {
  /** How far below the loud part (95th percentile of the sounding frames) the gate closes. */
  readonly rangeDb: number;
  /** Below this nothing counts as sound. */
  readonly floorDbfs: number;
  /** The gate opens this much above where it closes. */
  readonly hysteresisDb: number;
  /** Shorter pauses are bridged. */
  readonly minOffSeconds: number;
  /** Shorter sounds are dropped. */
  readonly minOnSeconds: number;
}

export const defaultGate: GateOptions = {
  rangeDb: 32,
  floorDbfs: -66,
  hysteresisDb: 6,
  minOffSeconds: 0.12,
  minOnSeconds: 0.03,
};

/** The stretches in which an envelope is above the gate; sorted and disjoint. Empty for silence. */
export function activeSpans(envelope: LevelEnvelope, options: Partial<GateOptions> = {}): TimeSpan[] {
  const gate = { ...defaultGate, ...options };
  const { levelsDb, hopSeconds } = envelope;
  const sounding = levelsDb.filter((level) => level > gate.floorDbfs).sort();
  if (sounding.length === 0) return [];
  const loudDb = sounding[Math.floor((sounding.length - 1) * 0.95)]!;
  const closeDb = Math.max(gate.floorDbfs, loudDb - gate.rangeDb);
  const openDb = Math.min(closeDb + gate.hysteresisDb, loudDb);
  const spans: { startSeconds: number; endSeconds: number }[] = [];
  let start = -1;
  for (let frame = 0; frame <= levelsDb.length; frame++) {
    const level = levelsDb[frame] ?? silenceDb;
    if (start < 0 && level >= openDb) {
      start = frame;
      while (start > 0 && levelsDb[start - 1]! > closeDb) start--;
    } else if (start >= 0 && level <= closeDb) {
      const startSeconds = start * hopSeconds;
      const last = spans.at(-1);
      if (last !== undefined && startSeconds - last.endSeconds < gate.minOffSeconds) {
        last.endSeconds = frame * hopSeconds;
      } else {
        spans.push({ startSeconds, endSeconds: frame * hopSeconds });
      }
      start = -1;
    }
  }
  return spans.filter((span) => span.endSeconds - span.startSeconds >= gate.minOnSeconds - 1e-9);
}

/**
 * Times at which the level jumps up: at least `riseDb` above the lowest of the last 60 ms, inside the given spans, at
 * least 80 ms apart. The time is the start of the 10 ms with the steepest rise.
 */
export function onsetTimes(envelope: LevelEnvelope, spans: readonly TimeSpan[], riseDb = 12): number[] {
  const { levelsDb, hopSeconds } = envelope;
  const lookBack = Math.max(1, Math.round(0.06 / hopSeconds));
  const onsets: number[] = [];
  for (const span of spans) {
    const first = Math.round(span.startSeconds / hopSeconds);
    const end = Math.round(span.endSeconds / hopSeconds);
    for (let frame = first; frame < end; frame++) {
      let lowest = 0;
      let steepest = frame;
      let steepestDb = -1;
      for (let index = Math.max(0, frame - lookBack); index <= frame; index++) {
        const before = index === 0 ? silenceDb : Math.max(levelsDb[index - 1]!, -80);
        lowest = Math.min(lowest, before);
        if (levelsDb[index]! - before > steepestDb) {
          steepestDb = levelsDb[index]! - before;
          steepest = index;
        }
      }
      const time = steepest * hopSeconds;
      if (levelsDb[frame]! - lowest < riseDb) continue;
      if (onsets.length > 0 && time - onsets.at(-1)! < 0.08) continue;
      onsets.push(time);
    }
  }
  return onsets;
}

/** The union of several lists of spans; gaps of up to `bridgeSeconds` are closed. */
export function mergeSpans(lists: readonly (readonly TimeSpan[])[], bridgeSeconds = 0): TimeSpan[] {
  const sorted = lists.flat().sort((a, b) => a.startSeconds - b.startSeconds);
  const merged: { startSeconds: number; endSeconds: number }[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && span.startSeconds <= last.endSeconds + bridgeSeconds) {
      last.endSeconds = Math.max(last.endSeconds, span.endSeconds);
    } else {
      merged.push({ ...span });
    }
  }
  return merged;
}
