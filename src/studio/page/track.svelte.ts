/** @file One label of the clip: what is said about it, its curve, its timing with undo, and its place in the mix. */
import { timingTrack } from '../../conditions/timing-track.js';
import type { Job } from '../../service/contract.js';
import { currentValue, type FieldValues, type FormField } from './form-fields.js';
import { type History, record, seal, startHistory } from './history.js';
import type { TrackForm } from './orders.js';
import { type Span, sameSpans } from './spans.js';

type Curve = NonNullable<Job['inspection']>['timing'];

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
  /** What the curve belongs to; see `inspectionKey`. */
  curveKey = $state('');
  /** The job that looks, while it does and when it failed. */
  inspectionJobId = $state<string | null>(null);
  edits = $state.raw<TrackEdits>(startHistory<readonly Span[] | null>(null));
  /** The take that is heard. */
  currentJobId = $state<string | null>(null);

  constructor(id: string, number: number, label: string) {
    this.id = id;
    this.number = number;
    this.values = { label };
  }

  get label(): string {
    return String(this.values.label ?? '');
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

  /** What the curve gives with these settings; empty until the curve is there. */
  computedSpans(fields: readonly FormField[], settings: FieldValues): readonly Span[] {
    if (!this.curve || this.curve.timesSeconds.length === 0) return this.curve?.spans ?? [];
    const number = (name: string): number => {
      const field = fields.find((candidate) => candidate.name === name);
      const value = field && currentValue(field, name in this.values ? this.values : settings);
      return typeof value === 'number' ? value : 0;
    };
    return timingTrack(
      Float64Array.from(this.curve.timesSeconds),
      Float32Array.from(this.curve.similarity),
      {
        threshold: number('threshold'),
        hysteresis: number('hysteresis'),
        minimumOnSeconds: number('minimumOn'),
        minimumOffSeconds: number('minimumOff'),
        smoothingSeconds: number('smoothing'),
      },
      this.curve.durationSeconds,
    );
  }
}
