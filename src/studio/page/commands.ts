/** @file What each command of the keyboard does; buttons run the same ones. */
import { type Heard, hear } from './blind-test.js';
import { redo, undo } from './history.js';
import type { StudioCommand } from './keyboard.js';
import { erase, paint, split } from './spans.js';
import type { Studio } from './studio.svelte.js';
import { listedTakes } from './takes.js';
import { countSounds, describePlace } from './words.js';

type Action = (studio: Studio) => void;

/** Work that takes its time; what goes wrong is told. */
const later =
  (work: (studio: Studio) => Promise<void>): Action =>
  (studio) => {
    work(studio).catch((thrown: unknown) => studio.notices.caught(thrown));
  };

const stepFrames =
  (frames: number): Action =>
  ({ playback, timeline }) =>
    playback.step(timeline.grid, frames);

const stepSeconds =
  (seconds: number): Action =>
  ({ playback, timeline }) =>
    playback.step(timeline.grid, seconds * Math.round(timeline.framesPerSecond));

const mark =
  (side: 'in' | 'out'): Action =>
  ({ playback, timeline, notices }) => {
    const seconds = timeline.snapped(playback.seconds);
    if (side === 'in') timeline.setIn(seconds);
    else timeline.setOut(seconds);
    notices.say(`${side} ${describePlace(seconds)}`);
  };

const editMarked =
  (change: typeof paint): Action =>
  (studio) => {
    const { marked, spanLimits } = studio.timeline;
    if (!marked) studio.notices.say('mark a stretch with I and O first');
    else if (studio.selected)
      studio.edit(studio.selected, (spans) =>
        change(spans, marked.startSeconds, marked.endSeconds, spanLimits),
      );
  };

const travel =
  (move: typeof undo, words: string): Action =>
  (studio) => {
    const { selected: track } = studio;
    if (!track) return;
    track.edits = move(track.edits);
    studio.notices.say(`${words}; ${countSounds(studio.spansOf(track).length)}`);
  };

const listen =
  (heard: Heard): Action =>
  (studio) => {
    if (!studio.test) return;
    studio.test = hear(studio.test, heard);
    studio.notices.say(`hearing ${heard.toUpperCase()}`);
  };

const actions: Readonly<Record<StudioCommand, Action>> = {
  'play-pause': later(({ playback }) => playback.toggle()),
  'shuttle-back': later(({ playback }) => playback.shuttle('j')),
  'shuttle-stop': later(({ playback }) => playback.shuttle('k')),
  'shuttle-forward': later(({ playback }) => playback.shuttle('l')),
  'frame-back': stepFrames(-1),
  'frame-forward': stepFrames(1),
  'second-back': stepSeconds(-1),
  'second-forward': stepSeconds(1),
  'go-start': ({ playback }) => playback.seek(0),
  'go-end': ({ playback, timeline }) => playback.seek(timeline.durationSeconds),
  'mark-in': mark('in'),
  'mark-out': mark('out'),
  'clear-marks': ({ playback, timeline, notices }) => {
    timeline.clearMarks();
    playback.setLoop(null);
    notices.say('marks cleared');
  },
  'toggle-loop': ({ playback, timeline, notices }) => {
    const whole = { startSeconds: 0, endSeconds: timeline.durationSeconds };
    playback.setLoop(playback.loop ? null : (timeline.marked ?? whole));
    notices.say(playback.loop ? 'loop on' : 'loop off');
  },
  paint: editMarked(paint),
  erase: editMarked(erase),
  split: (studio) => {
    const { selected: track, playback, timeline } = studio;
    const seconds = timeline.snapped(playback.seconds);
    if (track) studio.edit(track, (spans) => split(spans, seconds, timeline.spanLimits));
  },
  undo: travel(undo, 'undone'),
  redo: travel(redo, 'done again'),
  computed: ({ selected: track, notices }) => {
    track?.edit(null);
    notices.say('back to the computed timing');
  },
  'toggle-snap': ({ timeline, notices }) => {
    timeline.doesSnap = !timeline.doesSnap;
    notices.say(timeline.doesSnap ? 'edits snap to frames' : 'edits are free');
  },
  'zoom-in': ({ timeline, playback }) => timeline.zoom(1.5, playback.seconds),
  'zoom-out': ({ timeline, playback }) => timeline.zoom(1 / 1.5, playback.seconds),
  'zoom-fit': ({ timeline }) => timeline.fit(),
  'previous-track': (studio) => selectTrack(studio, -1),
  'next-track': (studio) => selectTrack(studio, 1),
  mute: ({ selected: track, notices }) => {
    if (!track) return;
    track.isMuted = !track.isMuted;
    notices.say(track.isMuted ? 'muted' : 'heard');
  },
  solo: ({ selected: track, notices }) => {
    if (!track) return;
    track.isSolo = !track.isSolo;
    notices.say(track.isSolo ? 'solo' : 'solo off');
  },
  'previous-take': (studio) => changeTake(studio, -1),
  'next-take': (studio) => changeTake(studio, 1),
  'hear-a': listen('a'),
  'hear-b': listen('b'),
  'hear-x': listen('x'),
  generate: later(async (studio) => {
    if (studio.selected) await studio.makeTakes(studio.selected);
  }),
  sheet: (studio) => {
    studio.isSheetOpen = !studio.isSheetOpen;
  },
};

export function runCommand(studio: Studio, command: StudioCommand): void {
  actions[command](studio);
}

function selectTrack(studio: Studio, by: number): void {
  const index = studio.tracks.findIndex((track) => track.id === studio.selectedId);
  const next = studio.tracks[Math.min(Math.max(0, index + by), studio.tracks.length - 1)];
  if (!next) return;
  studio.selectedId = next.id;
  studio.notices.say(`track ${next.label}`);
}

function changeTake(studio: Studio, by: number): void {
  const { selected: track } = studio;
  if (!track) return;
  const ready = listedTakes(studio.takes, track.id, false).filter(
    (take) => studio.jobs.get(take.jobId)?.state === 'succeeded',
  );
  const index = ready.findIndex((take) => take.jobId === track.currentJobId);
  const next = ready[Math.min(Math.max(0, index + by), ready.length - 1)];
  if (!next) return;
  studio.hearTake(track, next.jobId);
  studio.notices.say(`hearing ${next.name}`);
}
