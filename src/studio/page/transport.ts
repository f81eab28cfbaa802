/** @file The playhead: where it is at any moment of a clock, and what play, pause, seek, shuttle and loop make of it. */
import type { Span } from './spans.js';

/** Plain state; the clock is whoever plays (the audio context, so that picture and sound follow one clock). */
export interface Transport {
  readonly durationSeconds: number;
  readonly isPlaying: boolean;
  /** Times real time while playing; negative is backwards. */
  readonly rate: number;
  /** Where the playhead was at `anchorClock`. */
  readonly anchorSeconds: number;
  readonly anchorClock: number;
  /** Played round and round when set. */
  readonly loop: Span | null;
}

export function stopped(durationSeconds: number): Transport {
  return { durationSeconds, isPlaying: false, rate: 1, anchorSeconds: 0, anchorClock: 0, loop: null };
}

/** Where the playhead is. Without a loop it stops at the ends. */
export function positionAt(transport: Transport, clock: number): number {
  const { anchorSeconds, anchorClock, rate, isPlaying, loop, durationSeconds } = transport;
  if (!isPlaying) return anchorSeconds;
  const free = anchorSeconds + (clock - anchorClock) * rate;
  if (loop === null) return Math.min(Math.max(0, free), durationSeconds);
  const length = loop.endSeconds - loop.startSeconds;
  if (rate > 0 && free >= loop.endSeconds) return loop.startSeconds + ((free - loop.startSeconds) % length);
  if (rate < 0 && free < loop.startSeconds) return loop.endSeconds - ((loop.endSeconds - free) % length);
  return free;
}

/** Whether it plays and has reached the end it runs to. */
export function isAtEnd(transport: Transport, clock: number): boolean {
  if (!transport.isPlaying || transport.loop !== null) return false;
  const position = positionAt(transport, clock);
  return transport.rate > 0 ? position >= transport.durationSeconds : position <= 0;
}

/** Starts, or changes speed. From the end it begins again; a playhead outside the loop goes to its start. */
export function play(transport: Transport, clock: number, rate = 1): Transport {
  const here = positionAt(transport, clock);
  const { loop, durationSeconds } = transport;
  const fromSeconds = loop
    ? here < loop.startSeconds || here >= loop.endSeconds
      ? loop.startSeconds
      : here
    : rate > 0 && here >= durationSeconds - endSlackSeconds
      ? 0
      : here;
  return { ...transport, isPlaying: true, rate, anchorSeconds: fromSeconds, anchorClock: clock };
}

export function pause(transport: Transport, clock: number): Transport {
  return {
    ...transport,
    isPlaying: false,
    rate: 1,
    anchorSeconds: positionAt(transport, clock),
    anchorClock: clock,
  };
}

/** Puts the playhead somewhere; what plays goes on from there. A place outside the loop leaves the loop. */
export function seek(transport: Transport, clock: number, seconds: number): Transport {
  const target = Math.min(Math.max(0, seconds), transport.durationSeconds);
  const { loop } = transport;
  const staysInLoop =
    loop !== null && (!transport.isPlaying || (target >= loop.startSeconds && target < loop.endSeconds));
  return {
    ...transport,
    anchorSeconds: target,
    anchorClock: clock,
    loop: staysInLoop ? loop : null,
  };
}

/** Loops a stretch, or none. */
export function setLoop(transport: Transport, clock: number, loop: Span | null): Transport {
  const here = positionAt(transport, clock);
  const isInside = loop === null || (here >= loop.startSeconds && here < loop.endSeconds);
  return {
    ...transport,
    loop,
    anchorSeconds: isInside || !transport.isPlaying ? here : loop.startSeconds,
    anchorClock: clock,
  };
}

/** J, K and L as editors have them: L forwards and each time faster, J backwards, K stops. */
export function shuttle(transport: Transport, clock: number, key: 'j' | 'k' | 'l'): Transport {
  if (key === 'k') return pause(transport, clock);
  const direction = key === 'l' ? 1 : -1;
  const runsThisWay = transport.isPlaying && Math.sign(transport.rate) === direction;
  const speed = runsThisWay ? Math.min(fastest, Math.abs(transport.rate) * 2) : 1;
  return play(transport, clock, direction * speed);
}

const fastest = 4;
const endSlackSeconds = 0.005;
