/** @file How a result is made again without the page: the request as a document, and a command line. */
import type { FormField } from './form-fields.js';
import type { Motion } from './orders.js';
import type { Span } from './spans.js';

/** A take in the mix, with everything that decides how it sounds. */
export interface ReproducedTrack {
  /** Values in force when the take was made, with the label that it has. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Edited by hand; null: as computed. */
  readonly timing: { readonly spans: readonly Span[]; readonly motion?: Motion | undefined } | null;
  readonly gainDb: number;
  readonly pan: number;
  readonly isMuted: boolean;
}

/** What of a request each track says for itself, in a request of several tracks. */
const trackFields = ['label', 'prompt', 'negative', 'seed', 'threshold'] as const;

/**
 * The request of a mix. Null when its takes were made with different settings, which one request cannot say.
 */
export function requestOfMix(
  video: string,
  fields: readonly FormField[],
  tracks: readonly ReproducedTrack[],
): Record<string, unknown> | null {
  const first = tracks[0];
  if (!first) return null;
  const shared = withoutDefaults(fields, without(first.request, trackFields));
  const isOfOneKind = tracks.every(
    (track) =>
      JSON.stringify(withoutDefaults(fields, without(track.request, trackFields))) === JSON.stringify(shared),
  );
  if (!isOfOneKind) return null;
  return {
    video,
    tracks: tracks.map((track) => ({
      ...withoutDefaults(fields, only(track.request, trackFields)),
      label: track.request.label,
      seed: track.request.seed,
      ...(track.timing === null ? {} : { timing: track.timing }),
      ...(track.gainDb === 0 ? {} : { gain: track.gainDb }),
      ...(track.pan === 0 ? {} : { pan: track.pan }),
      ...(track.isMuted ? { mute: true } : {}),
    })),
    ...shared,
  };
}

/** `smooth-foley generate clip.mp4 --from clip.request.json`, with names that a shell takes as they are. */
export function commandForRequest(video: string, requestFile: string): string {
  return ['npx', 'smooth-foley', 'generate', fileWord(video), '--from', fileWord(requestFile)].join(' ');
}

/** A file name as a POSIX shell and a parser of options need it. */
function fileWord(name: string): string {
  const path = name.startsWith('-') ? `./${name}` : name;
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function withoutDefaults(
  fields: readonly FormField[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const defaults = new Map(fields.map((field) => [field.name, field.defaultValue]));
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name, value]) => !Object.is(defaults.get(name), value))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function only(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function without(
  values: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}
