/** @file When the source of a scene sounds: steps with the gait, impacts of a ball, events at random times, or a texture. */
import type { TimeSpan } from '../conditions/timeline.js';
import type { Scene } from './scene.js';
import type { SeededRandom } from './seeded-random.js';
import type { LibrarySound } from './sound-library.js';
import { distanceBetween, impactsOf, positionAt, type Trajectory } from './trajectory.js';

type SourceEvent = NonNullable<Scene['sound']['events']>[number];

export interface PlannedEvents {
  /** Null for a texture. */
  readonly events: SourceEvent[] | null;
  /** When a texture sounds at the source. */
  readonly sourceSpans: TimeSpan[];
  /** Moments an eye can see. */
  readonly hopsSeconds: number[];
}

export interface EventsInput {
  readonly takes: readonly LibrarySound[];
  readonly trajectory: Trajectory;
  readonly isStepping: boolean;
  readonly speed: number;
  readonly durationSeconds: number;
  readonly motion: Scene['motion'];
  /** A texture neither starts nor ends within the clip, whether the thing moves or not; steps still need walking. */
  readonly soundsThroughout?: boolean;
}

/** A source sounds from before the clip, since what is heard at its start left earlier. */
const beforeSeconds = 3;

export function planEvents(input: EventsInput, random: SeededRandom): PlannedEvents {
  const { takes, trajectory } = input;
  const main = takes[0]!;
  if (trajectory.type === 'bounce') return impacts(input, trajectory, random);
  const isRun = main.kind === 'sustained' || (main.kind === 'rhythmic' && soundingSeconds(main) >= 1.5);
  if (isRun) return texture(input, random);
  if (input.isStepping && main.kind === 'rhythmic') return steps(input, random);
  return main.kind === 'rhythmic' ? paced(input, random) : scattered(input, random);
}

function soundingSeconds(sound: LibrarySound): number {
  return sound.events.reduce((sum, event) => sum + event.endSeconds - event.startSeconds, 0);
}

/** A random event of a random take. */
function anyEvent(input: EventsInput, timeSeconds: number, gain: number, random: SeededRandom): SourceEvent {
  const take = random.integer(0, input.takes.length - 1);
  return { timeSeconds, take, event: random.integer(0, input.takes[take]!.events.length - 1), gain };
}

function impacts(
  input: EventsInput,
  ball: Extract<Trajectory, { type: 'bounce' }>,
  random: SeededRandom,
): PlannedEvents {
  const landings = impactsOf(ball).filter(({ timeSeconds }) => timeSeconds < input.durationSeconds);
  const loudest = Math.max(...landings.map((landing) => landing.metresPerSecond), 1e-6);
  const event = anyEvent(input, 0, 1, random);
  const events = landings.map(({ timeSeconds, metresPerSecond }) => ({
    ...event,
    timeSeconds,
    gain: metresPerSecond / loudest,
  }));
  return { events, sourceSpans: [], hopsSeconds: [] };
}

/** Sounds all the time; of what stands still at first or in the end, only while it moves in some of the scenes; things that run may be switched. */
function texture(input: EventsInput, random: SeededRandom): PlannedEvents {
  const { trajectory, durationSeconds } = input;
  const end = durationSeconds + 0.5;
  if (input.soundsThroughout === true && !input.isStepping) {
    return {
      events: null,
      sourceSpans: [{ startSeconds: -beforeSeconds, endSeconds: end }],
      hopsSeconds: [],
    };
  }
  const onlyMoving = input.isStepping || (trajectory.type === 'line' && random.chance(0.35));
  if (onlyMoving && trajectory.type === 'line') {
    const spans = movingSpans(trajectory, -beforeSeconds, end);
    if (spans.length > 0) return { events: null, sourceSpans: spans, hopsSeconds: [] };
  }
  if (trajectory.type === 'still' && random.chance(0.5)) {
    const start = random.chance(0.4) ? -beforeSeconds : random.uniform(0.5, 0.5 * durationSeconds);
    const stop = random.chance(0.4)
      ? end
      : Math.min(end, Math.max(start, 0) + random.uniform(1.5, 0.7 * durationSeconds));
    return {
      events: null,
      sourceSpans: [{ startSeconds: start, endSeconds: stop }],
      hopsSeconds: start > 0 ? [start] : [],
    };
  }
  return { events: null, sourceSpans: [{ startSeconds: -beforeSeconds, endSeconds: end }], hopsSeconds: [] };
}

/** When a path moves faster than a slow walk. */
function movingSpans(trajectory: Trajectory, fromSeconds: number, toSeconds: number): TimeSpan[] {
  const spans: TimeSpan[] = [];
  let start: number | null = null;
  for (let time = fromSeconds; time <= toSeconds + 1e-9; time += 0.05) {
    const moving =
      time < toSeconds &&
      distanceBetween(positionAt(trajectory, time), positionAt(trajectory, time + 0.05)) / 0.05 > 0.25;
    if (moving && start === null) start = time;
    if (!moving && start !== null) {
      spans.push({ startSeconds: start, endSeconds: time });
      start = null;
    }
  }
  return spans;
}

/** One event each time the object has walked a step; nothing while it stands. */
function steps(input: EventsInput, random: SeededRandom): PlannedEvents {
  const stepMetres = 0.75 * random.uniform(0.85, 1.15);
  const events: SourceEvent[] = [];
  let walked = stepMetres * random.next();
  for (let time = -1; time < input.durationSeconds; time += 0.005) {
    const moved = distanceBetween(
      positionAt(input.trajectory, time),
      positionAt(input.trajectory, time + 0.005),
    );
    // Faster walkers take longer steps, not only quicker ones: length with the root of the speed, 1.3 m/s as standard.
    const length = stepMetres * Math.max(0.6, Math.sqrt(moved / 0.005 / 1.3));
    walked += moved;
    if (walked < length) continue;
    walked -= length;
    events.push(anyEvent(input, time, 10 ** (random.uniform(-3, 1) / 20), random));
  }
  if (events.length === 0) return paced(input, random);
  return { events, sourceSpans: [], hopsSeconds: events.map((event) => event.timeSeconds) };
}

/** Events at an even pace, with pauses. */
function paced(input: EventsInput, random: SeededRandom): PlannedEvents {
  const paceSeconds = random.uniform(0.35, 0.9);
  const events: SourceEvent[] = [];
  let left = random.integer(3, 12);
  for (let time = random.uniform(0.1, 2); time < input.durationSeconds; ) {
    events.push(anyEvent(input, time, 10 ** (random.uniform(-2, 1) / 20), random));
    left--;
    time += paceSeconds * (1 + 0.04 * random.normal());
    if (left > 0) continue;
    time += random.uniform(0.8, 3);
    left = random.integer(3, 12);
  }
  return { events, sourceSpans: [], hopsSeconds: events.map((event) => event.timeSeconds) };
}

/** Events one after another, with gaps of any length. */
function scattered(input: EventsInput, random: SeededRandom): PlannedEvents {
  const meanGapSeconds = random.pick([0.3, 0.9, 2]);
  const events: SourceEvent[] = [];
  for (let time = random.uniform(0.1, 2.5); time < input.durationSeconds - 0.05; ) {
    const event = anyEvent(input, time, 10 ** (random.uniform(-3, 1) / 20), random);
    events.push(event);
    const stretch = input.takes[event.take]!.events[event.event]!;
    time +=
      (stretch.endSeconds - stretch.startSeconds) / input.speed +
      0.05 -
      Math.log(1 - random.next()) * meanGapSeconds;
  }
  return { events, sourceSpans: [], hopsSeconds: events.map((event) => event.timeSeconds) };
}
