/** @file The picture of a clip and what was made for it. */
import { melToImage } from '../audio/mel-image.js';
import { melSpectrogram } from '../audio/mel-spectrogram.js';
import { mixdown } from '../audio/wave.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import type { TimedImage } from '../pictures/lanes.js';
import { drawResult, type ResultPicture } from '../pictures/result-picture.js';
import type { Svg } from '../pictures/svg.js';
import type { FoleyTake } from './generate.js';
import type { FoleyRequest } from './request.js';
import { titleOf } from './settled-request.js';
import type { Clip, FoleyStations } from './stations.js';

/** As many as the widest strip can show. */
const stripFrames = 16;

/** Pictures spread evenly over the clip, small. */
export async function stripOf(clip: Clip): Promise<TimedImage[]> {
  const { durationSeconds } = clip.facts;
  const images: TimedImage[] = [];
  const frames = clip.frames({
    startSeconds: 0,
    endSeconds: durationSeconds,
    framesPerSecond: Math.min(30, stripFrames / durationSeconds),
    fit: { kind: 'within', width: 320, height: 240 },
  });
  for await (const { timeSeconds, width, height, data } of frames)
    images.push({ timeSeconds, width, height, data });
  return images;
}

/** Frames, similarity, timing, wave and spectrogram of a take. */
export async function drawTake(
  take: FoleyTake,
  request: FoleyRequest,
  clip: Clip,
  { mel: spec, provenance }: Pick<FoleyStations, 'mel' | 'provenance'>,
): Promise<Svg> {
  const samples = mixdown(take.wave).channels[0]!;
  const image = melToImage(melSpectrogram(padded(samples, spec.fftSize), spec));
  return drawResult({
    title: take.chosenLabel?.label ?? titleOf(request),
    subtitle: `${fileName(clip.path)}  ·  model ${provenance.name}  ·  seed ${take.seed}  ·  ${request.steps} steps`,
    durationSeconds: clip.facts.durationSeconds,
    frames: await stripOf(clip),
    labels: labelsOf(take, request, clip),
    sound: {
      samples,
      sampleRateHz: take.wave.sampleRateHz,
      mel: {
        ...image,
        // the image's 0..1 reaches to a magnitude of 200, which no wave comes near; silence stays 0
        data: image.data.map((value) => value / loudestDrawn),
        columnsPerSecond: spec.sampleRateHz / spec.hopSamples,
        minHz: spec.minHz,
        maxHz: spec.maxHz,
      },
    },
  });
}

/** What is seen and when it sounds, before there is any sound. */
export async function drawInspection(timing: TimingCurve, threshold: number, clip: Clip): Promise<Svg> {
  return drawResult({
    title: timing.label,
    subtitle: fileName(clip.path),
    durationSeconds: clip.facts.durationSeconds,
    frames: await stripOf(clip),
    labels: [{ timing, threshold }],
    sound: null,
  });
}

const loudestDrawn = 0.85;

function labelsOf(take: FoleyTake, request: FoleyRequest, clip: Clip): ResultPicture['labels'] {
  const { durationSeconds } = clip.facts;
  const empty = (label: string): TimingCurve => ({
    label,
    durationSeconds,
    timesSeconds: [],
    similarity: [],
    spans: [],
  });
  if (take.tracks === null)
    return [{ timing: take.timing ?? empty(titleOf(request)), threshold: request.threshold }];
  return take.tracks.map(({ timing, plan }) => ({
    timing: timing ?? empty(plan.label),
    threshold: plan.threshold,
  }));
}

/** A spectrogram needs samples to mirror; a single frame of video has fewer. */
function padded(samples: Float32Array, least: number): Float32Array {
  if (samples.length >= least) return samples;
  const longer = new Float32Array(least);
  longer.set(samples);
  return longer;
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}
