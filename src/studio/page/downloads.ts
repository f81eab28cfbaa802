/** @file What can be taken home: names of files, documents made on the page, and how they are told apart. */
import { serializeTiming } from '../../conditions/timing-curve.js';
import type { Job, JobFile } from '../../service/contract.js';
import type { FormField } from './form-fields.js';
import { type Curve, sentSpans, sentTiming } from './orders.js';
import { commandForRequest, type ReproducedTrack, requestOfMix } from './reproduction.js';
import type { Span } from './spans.js';

/** A file that the page itself makes. */
export interface Document {
  readonly name: string;
  readonly text: string;
}

/** Kinds of files in the order in which people look for them, in words. */
export const fileWords: Readonly<Record<JobFile['kind'], string>> = {
  video: 'Clip with the sound, picture untouched',
  wav: 'Sound, WAV',
  flac: 'Sound, FLAC',
  stem: 'Stem',
  timing: 'Timing track',
  picture: 'Picture of the result',
  sidecar: 'Record of how it was made',
};

export function orderedFiles(files: readonly JobFile[]): JobFile[] {
  const kinds = Object.keys(fileWords);
  return files.toSorted(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.name < b.name ? -1 : 1),
  );
}

/** `clip.dog-barking.timing.json`: letters and digits of the label only, so that any system takes the name. */
export function documentName(fileName: string, label: string, kind: 'timing' | 'request'): string {
  const stem = fileName.replace(/\.[^.]*$/, '') || 'clip';
  const words = label
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  return [stem, words, kind, 'json'].filter((part) => part !== '').join('.');
}

/** The timing of a track as `generate --timing` reads it, with the motion that was seen, whatever was edited. */
export function timingDocument(
  fileName: string,
  label: string,
  durationSeconds: number,
  curve: Pick<Curve, 'timesSeconds' | 'similarity' | 'motion'> | null,
  spans: readonly Span[],
): Document {
  const text = serializeTiming({
    label,
    durationSeconds,
    timesSeconds: curve?.timesSeconds ?? [],
    similarity: curve?.similarity ?? [],
    spans: sentSpans(spans).map(({ startSeconds, endSeconds }) => ({
      startSeconds,
      endSeconds: Math.min(endSeconds, durationSeconds),
    })),
    ...(curve?.motion === undefined ? {} : { motion: curve.motion }),
  });
  return { name: documentName(fileName, label, 'timing'), text };
}

/** A request that makes the same, and the command that takes it. */
export interface Reproduction {
  readonly document: Document;
  readonly command: string;
}

/** @returns null when the takes were made with different settings, which one request cannot say */
export function reproductionOf(
  fileName: string,
  fields: readonly FormField[],
  tracks: readonly ReproducedTrack[],
): Reproduction | null {
  const request = requestOfMix(fileName, fields, tracks);
  if (!request) return null;
  const label = tracks.length === 1 ? String(tracks[0]!.request.label ?? '') : '';
  const name = documentName(fileName, label, 'request');
  return {
    document: { name, text: `${JSON.stringify(request, null, 2)}\n` },
    command: commandForRequest(fileName, name),
  };
}

/** The part of a mix that a job made. @returns null for a job that is no finished take */
export function reproducedTrack(
  job: Job | null,
  gainDb: number,
  pan: number,
  isMuted: boolean,
): ReproducedTrack | null {
  if (job?.order.kind !== 'generate' || job.state !== 'succeeded') return null;
  const { request, timing } = job.order;
  const label = request.label ?? job.takes[0]?.chosenLabel?.label ?? null;
  return {
    request: { ...request, label },
    timing: timing && sentTiming(timing.spans, timing.motion),
    gainDb,
    pan,
    isMuted,
  };
}
