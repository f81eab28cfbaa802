import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Channel, dbToFactor, isHeard, mixFactors } from '../../src/studio/page/mix-levels.js';
import { mixdown } from '../../src/studio/page/mixdown.js';
import { measurePeaks, peaksOver } from '../../src/studio/page/peaks.js';
import { followSound, type Picture, speedFor } from '../../src/studio/page/picture-sync.js';
import {
  isAtEnd,
  pause,
  play,
  positionAt,
  seek,
  setLoop,
  shuttle,
  stopped,
  type Transport,
} from '../../src/studio/page/transport.js';

const place = fc.double({ min: 0, max: 10, noNaN: true });
const wait = fc.double({ min: 0, max: 30, noNaN: true });
const move = fc.oneof(
  fc.record({ kind: fc.constant('seek' as const), at: place, wait }),
  fc.record({ kind: fc.constant('loop' as const), at: place, wait }),
  fc.record({ kind: fc.constantFrom('play' as const, 'pause' as const, 'j' as const, 'l' as const), wait }),
);

describe('the transport', () => {
  it('keeps the playhead in the clip, and in the loop once it is there', () => {
    fc.assert(
      fc.property(fc.array(move), (moves) => {
        let clock = 0;
        let transport: Transport = stopped(10);
        for (const step of moves) {
          if (step.kind === 'seek') transport = seek(transport, clock, step.at);
          else if (step.kind === 'loop')
            transport = setLoop(transport, clock, {
              startSeconds: step.at * 0.5,
              endSeconds: step.at * 0.5 + 1,
            });
          else if (step.kind === 'play') transport = play(transport, clock);
          else if (step.kind === 'pause') transport = pause(transport, clock);
          else transport = shuttle(transport, clock, step.kind);
          clock += step.wait;
          const seconds = positionAt(transport, clock);
          expect(seconds).toBeGreaterThanOrEqual(0);
          expect(seconds).toBeLessThanOrEqual(10);
          const { loop } = transport;
          if (transport.isPlaying && loop) {
            // a nanosecond for the remainder of doubles
            expect(seconds).toBeGreaterThanOrEqual(loop.startSeconds - 1e-9);
            expect(seconds).toBeLessThanOrEqual(loop.endSeconds + 1e-9);
          }
        }
      }),
    );
  });

  it('a pause keeps the place, and playing goes on from there', () => {
    const playing = play(seek(stopped(10), 0, 2), 100);
    const paused = pause(playing, 103);
    expect(positionAt(paused, 200)).toBe(5);
    expect(positionAt(play(paused, 200), 201)).toBe(6);
  });

  it('begins again from the end', () => {
    const atEnd = seek(stopped(10), 0, 10);
    expect(positionAt(play(atEnd, 5), 5)).toBe(0);
    expect(isAtEnd(play(stopped(10), 0), 10)).toBe(true);
    expect(isAtEnd(play(stopped(10), 0), 9.9)).toBe(false);
  });

  it('L doubles the speed up to four times, J turns round, K stops', () => {
    let transport = shuttle(stopped(100), 0, 'l');
    expect(transport.rate).toBe(1);
    transport = shuttle(shuttle(shuttle(transport, 1, 'l'), 1, 'l'), 1, 'l');
    expect(transport.rate).toBe(4);
    transport = shuttle(transport, 2, 'j');
    expect(transport.rate).toBe(-1);
    expect(positionAt(transport, 3)).toBe(4);
    expect(shuttle(transport, 3, 'k').isPlaying).toBe(false);
  });

  it('seeking out of the loop while playing leaves it', () => {
    const looped = play(setLoop(stopped(10), 0, { startSeconds: 2, endSeconds: 3 }), 0);
    expect(positionAt(looped, 0)).toBe(2);
    expect(seek(looped, 1, 5).loop).toBeNull();
    expect(seek(looped, 1, 2.5).loop).not.toBeNull();
  });
});

describe('the picture follows the sound', () => {
  function fakePicture(currentTime: number, paused: boolean): Picture & { at: number; jumps: number } {
    const picture = {
      at: currentTime,
      jumps: 0,
      playbackRate: 1,
      paused,
      seeking: false,
      get currentTime() {
        return picture.at;
      },
      set currentTime(seconds: number) {
        picture.jumps++;
        picture.at = seconds;
      },
      play: async () => {
        picture.paused = false;
      },
      pause: () => {
        picture.paused = true;
      },
    };
    return picture;
  }

  it('closes a small drift by speed and a large one by a jump', () => {
    const late = fakePicture(4.9, false);
    followSound(late, 5, 1);
    expect(late.playbackRate).toBeGreaterThan(1);
    expect(late.jumps).toBe(0);
    const lost = fakePicture(2, false);
    followSound(lost, 5, 1);
    expect(lost.currentTime).toBe(5);
    expect(speedFor(0.005)).toBe(1);
  });

  it('converges from any small drift', () => {
    for (const start of [-0.15, 0.15]) {
      const picture = fakePicture(5 + start, false);
      let sound = 5;
      for (let frame = 0; frame < 120; frame++) {
        followSound(picture, sound, 1);
        sound += 1 / 60;
        picture.at += picture.playbackRate / 60;
      }
      expect(picture.jumps).toBe(0);
      // within what it leaves alone: half a frame at 30 a second
      expect(Math.abs(picture.at - sound)).toBeLessThan(0.018);
    }
  });

  it('stands still at the playhead while stopped, and steps when it runs backwards', () => {
    const picture = fakePicture(1, false);
    followSound(picture, 3, -1);
    expect(picture.paused).toBe(true);
    expect(picture.currentTime).toBe(3);
  });
});

describe('levels', () => {
  const channel = (id: string, more: Partial<Channel> = {}): Channel => ({
    id,
    gainDb: 0,
    isMuted: false,
    isSolo: false,
    ...more,
  });

  it('mute silences, solo silences the others, and a muted solo is silent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ isMuted: fc.boolean(), isSolo: fc.boolean() }), { minLength: 1, maxLength: 6 }),
        (states) => {
          const channels = states.map((state, index) => channel(String(index), state));
          const someSolo = states.some((state) => state.isSolo);
          for (const each of channels)
            expect(isHeard(each, channels)).toBe(!each.isMuted && (each.isSolo || !someSolo));
        },
      ),
    );
    expect(mixFactors([channel('a', { gainDb: -20 })]).get('a')).toBeCloseTo(0.1, 12);
    expect(dbToFactor(6.0206)).toBeCloseTo(2, 4);
  });

  it('adds up what is heard, at the lowest rate', () => {
    const one = { sampleRateHz: 4, channels: [Float32Array.of(1, 1, 1, 1)] };
    const two = { sampleRateHz: 8, channels: [new Float32Array(4).fill(0.5), new Float32Array(4).fill(0)] };
    const { sampleRateHz, channels } = mixdown([
      { sound: one, factor: 0.5 },
      { sound: two, factor: 1 },
    ]);
    expect(sampleRateHz).toBe(4);
    expect([...channels[0]!]).toEqual([0.75, 0.75, 0.5, 0.5]);
  });
});

describe('peaks', () => {
  it('never miss a sample: the extremes over all pixels are those of the samples', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 200 }),
        (values, width) => {
          const samples = Float32Array.from(values);
          const { low, high } = peaksOver(measurePeaks(samples, 100), 0, samples.length / 100, width);
          expect(Math.max(...high)).toBe(Math.max(...samples));
          expect(Math.min(...low)).toBe(Math.min(...samples));
        },
      ),
    );
  });

  it('show silence beyond the end, and single samples when zoomed in', () => {
    const peaks = measurePeaks(Float32Array.of(0.5, -0.5), 2);
    const { low, high } = peaksOver(peaks, 0, 2, 8);
    expect([...high]).toEqual([0.5, 0.5, -0.5, -0.5, 0, 0, 0, 0]);
    expect([...low]).toEqual([0.5, 0.5, -0.5, -0.5, 0, 0, 0, 0]);
  });
});
