/** @file The sum of what is heard, for drawing; playing sums in the audio graph. */
import type { LoadedSound } from './player.js';

export interface MixedPart {
  readonly sound: LoadedSound;
  readonly factor: number;
}

/** One channel at the lowest rate among the parts: a drawing needs no more. */
export function mixdown(parts: readonly MixedPart[]): LoadedSound {
  const sampleRateHz = Math.min(...parts.map(({ sound }) => sound.sampleRateHz));
  const seconds = Math.max(
    ...parts.map(({ sound }) => (sound.channels[0]?.length ?? 0) / sound.sampleRateHz),
  );
  const mixed = new Float32Array(Math.round(seconds * sampleRateHz));
  for (const { sound, factor } of parts) {
    if (factor === 0) continue;
    const step = sound.sampleRateHz / sampleRateHz;
    const share = factor / sound.channels.length;
    for (const channel of sound.channels)
      for (let index = 0; index < mixed.length; index++) {
        const sample = channel[Math.round(index * step)];
        if (sample === undefined) break;
        mixed[index]! += sample * share;
      }
  }
  return { sampleRateHz, channels: [mixed] };
}
