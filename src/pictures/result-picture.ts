/** @file One picture of a result: frames, similarity, timing, wave and spectrogram on one time axis. */
import type { TimingCurve } from '../conditions/timing-curve.js';
import { niceTicks, timeLabel } from './axis.js';
import {
  filmstripLane,
  type LaneBox,
  type SpectrogramImage,
  similarityLane,
  spectrogramLane,
  type TimedImage,
  timeToX,
  timingLane,
  waveformLane,
} from './lanes.js';
import { element, type Svg, svgDocument, text } from './svg.js';
import { theme } from './theme.js';

export interface ResultPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly durationSeconds: number;
  /** Pictures of the clip in order of time; the strip picks what fits. */
  readonly frames: readonly TimedImage[];
  /** What was looked for: one label, or one for each track. */
  readonly labels: readonly { readonly timing: TimingCurve; readonly threshold: number }[];
  /** Left out while there is no sound yet. */
  readonly sound: {
    readonly samples: Float32Array;
    readonly sampleRateHz: number;
    readonly mel: SpectrogramImage;
  } | null;
}

const pictureWidth = 1280;
const left = 176;
const right = 28;
const headHeight = 84;
const laneGap = 16;
const axisHeight = 46;

interface Lane {
  readonly name: string;
  readonly height: number;
  readonly framed: boolean;
  /** Stretches that are tinted behind it. */
  readonly tint: TimingCurve | null;
  readonly draw: (box: LaneBox) => Svg;
}

/** The picture as SVG text. */
export function drawResult(picture: ResultPicture): Svg {
  const { sound, labels } = picture;
  const only = labels.length === 1 ? labels[0]!.timing : null;
  const lanes: Lane[] = [
    {
      name: 'frames',
      height: 84,
      framed: false,
      tint: null,
      draw: (box) => filmstripLane(box, picture.frames),
    },
    ...labels.flatMap(({ timing, threshold }): Lane[] => [
      {
        name: only === null ? shortened(timing.label) : 'similarity',
        height: only === null ? 64 : 110,
        framed: true,
        tint: timing,
        draw: (box) => similarityLane(box, timing, threshold),
      },
      {
        name: only === null ? '' : 'timing',
        height: only === null ? 18 : 30,
        framed: true,
        tint: timing,
        draw: (box) => timingLane(box, timing),
      },
    ]),
  ];
  if (sound) {
    lanes.push(
      {
        name: 'sound',
        height: 96,
        framed: true,
        tint: only,
        draw: (box) => waveformLane(box, sound.samples, sound.sampleRateHz),
      },
      {
        name: 'spectrogram',
        height: 190,
        framed: false,
        tint: null,
        draw: (box) => spectrogramLane(box, sound.mel),
      },
    );
  }
  const width = pictureWidth - left - right;
  let y = headHeight;
  const boxes = lanes.map((lane): LaneBox => {
    const box = { x: left, y, width, height: lane.height, durationSeconds: picture.durationSeconds };
    y += lane.height + laneGap;
    return box;
  });
  const floor = y - laneGap;
  return svgDocument(
    pictureWidth,
    floor + axisHeight,
    theme.paper,
    text(left, 40, picture.title, { size: theme.titleSize, fill: theme.ink, weight: 'bold' }),
    text(left, 63, picture.subtitle, { size: theme.labelSize, fill: theme.quiet }),
    ...lanes.map((lane, index) => ground(boxes[index]!, lane.framed)),
    ...lanes.map(({ tint }, index) => (tint === null ? '' : onGround(boxes[index]!, tint))),
    timeGrid(boxes, lanes, floor, picture.durationSeconds),
    ...lanes.map((lane, index) => lane.draw(boxes[index]!)),
    ...lanes.map((lane, index) => laneName(lane.name, boxes[index]!)),
  );
}

/** As many letters of a label as fit beside a lane. */
function shortened(label: string): string {
  return label.length <= 18 ? label : `${label.slice(0, 17)}…`;
}

function laneName(name: string, box: LaneBox): Svg {
  return text(24, box.y + Math.min(box.height / 2 + 5, 60), name, { size: theme.labelSize, fill: theme.ink });
}

function ground(box: LaneBox, framed: boolean): Svg {
  if (!framed) return '';
  return element('rect', {
    x: box.x,
    y: box.y,
    width: box.width,
    height: box.height,
    fill: theme.laneGround,
    stroke: theme.line,
  });
}

/** Tints the stretches of sound, so that the eye carries them from lane to lane. */
function onGround(box: LaneBox, timing: TimingCurve): Svg {
  return timing.spans
    .map((span) => {
      const x = timeToX(box, span.startSeconds);
      const width = timeToX(box, Math.min(span.endSeconds, box.durationSeconds)) - x;
      return element('rect', { x, y: box.y, width, height: box.height, fill: theme.onGround });
    })
    .join('');
}

function timeGrid(
  boxes: readonly LaneBox[],
  lanes: readonly Lane[],
  floor: number,
  durationSeconds: number,
): Svg {
  const scale = boxes[0]!;
  return niceTicks(0, durationSeconds, 12)
    .map((seconds) => {
      const x = timeToX(scale, seconds);
      const lines = boxes
        .filter((_, index) => lanes[index]!.framed)
        .map((box) =>
          element('line', { x1: x, x2: x, y1: box.y, y2: box.y + box.height, stroke: theme.line }),
        );
      return [
        ...lines,
        element('line', { x1: x, x2: x, y1: floor, y2: floor + 5, stroke: theme.quiet }),
        text(x, floor + 22, timeLabel(seconds, durationSeconds), {
          size: theme.tickSize,
          fill: theme.quiet,
          anchor: 'middle',
        }),
      ].join('');
    })
    .join('');
}
