/** @file One label of the clip: what is said about it, its curve, its timing with undo, and its place in the mix. */
import type { ChosenLabel } from '../../service/contract.js';
import { computedSpans, timingSettings } from './computed-spans.js';
import type { FieldValues, FormField } from './form-fields.js';
import { type History, record, seal, startHistory } from './history.js';
import type { Curve, Inspection, Motion, TrackForm } from './orders.js';
import type { SavedTrack } from './saved-session.js';
import { type Span, sameSpans } from './spans.js';

/** Null stands for "as computed". */
type TrackEdits = History<readonly Span[] | null>;

const sameEdit = (a: readonly Span[] | null, b: readonly Span[] | null): boolean =>
  a === b || (a !== null && b !== null && sameSpans(a, b));

export class Track implements TrackForm {
  readonly id: string;
  /** Decides its colour. */
  readonly number: number;
  values = $state.raw<FieldValues>({});
  gainDb = $state(0);
  pan = $state(0);
  isMuted = $state(false);
  isSolo = $state(false);
  curve = $state.raw<Curve | null>(null);
  /** What is looked for; see `inspectionKey`. */
  curveKey = $state('');
  /** What the curve belongs to: `curveKey`, once that was looked for. */
  seenKey = $state('');
  /** What the picture chose when it was looked at without a label. */
  choice = $state.raw<ChosenLabel | null>(null);
  /** What the label stood for, where it names only a kind of thing. */
  seenAs = $state<string | null>(null);
  /** What the curve was asked for with. */
  #asked: FieldValues = {};
  /** The job that looks, while it does and when it failed. */
  inspectionJobId = $state<string | null>(null);
  edits = $state.raw<TrackEdits>(startHistory<readonly Span[] | null>(null));
  /** The take that is heard. */
  currentJobId = $state<string | null>(null);

  /** @param label null: the picture chooses */
  constructor(id: string, number: number, label: string | null) {
    this.id = id;
    this.number = number;
    this.values = label === null ? {} : { label };
  }

  /** As an earlier visit left it. */
  static restored(kept: SavedTrack): Track {
    const track = new Track(kept.id, kept.number, null);
    track.values = kept.values;
    track.gainDb = kept.gainDb;
    track.pan = kept.pan;
    track.isMuted = kept.isMuted;
    track.currentJobId = kept.currentJobId;
    if (kept.spans) track.edit(kept.spans);
    return track;
  }

  /** As somebody typed it; null: the picture chooses. */
  get typedLabel(): string | null {
    const { label } = this.values;
    return typeof label === 'string' && label !== '' ? label : null;
  }

  /** Null while the picture has not chosen yet. */
  get knownLabel(): string | null {
    return this.typedLabel ?? this.choice?.label ?? null;
  }

  /** What people call it. */
  get label(): string {
    return this.knownLabel ?? 'the picture’s choice';
  }

  /** What a label of a kind stands for in this picture; null while it is not looked for, and for every other label. */
  get standsFor(): string | null {
    return this.seenKey === this.curveKey ? this.seenAs : null;
  }

  /** The curve, unless it is that of an earlier label or setting. */
  get seen(): Curve | null {
    return this.seenKey === this.curveKey ? this.curve : null;
  }

  get motion(): Motion | undefined {
    return this.seen?.motion;
  }

  /** Takes what an inspection found, and the settings that it was asked with. */
  see({ timing, chosenLabel, seenAs }: Inspection, asked: FieldValues): void {
    this.curve = timing;
    this.choice = chosenLabel;
    this.seenAs = seenAs;
    this.#asked = asked;
    this.seenKey = this.curveKey;
  }

  /** Edited by hand; null: as computed. */
  get spans(): readonly Span[] | null {
    return this.edits.present;
  }

  edit(next: readonly Span[] | null, mergeKey: string | null = null): void {
    this.edits = record<readonly Span[] | null>(this.edits, next, sameEdit, mergeKey);
  }

  /** Ends a drag. */
  sealEdit(): void {
    this.edits = seal(this.edits);
  }

  /** When it sounds by the curve; empty until the curve is there. */
  computedSpans(fields: readonly FormField[], settings: FieldValues): readonly Span[] {
    if (!this.curve) return [];
    const now = timingSettings(fields, (name) => (name in this.values ? this.values : settings));
    return computedSpans(
      this.curve,
      timingSettings(fields, () => this.#asked),
      now,
    );
  }
}
