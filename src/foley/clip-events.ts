/** @file The timing of sounds that come with sudden movements: steps, strokes, bounces. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { soundOfEvents, visualEvents } from '../conditions/visual-events.js';
import type { SoundKind } from '../data/sound-class.js';
import { SOUND_CLASSES, soundClass } from '../data/sound-classes.js';
import { vagueLabelNamed, vagueLabels } from '../data/vague-labels.js';
import { phraseCount } from './known-label.js';
import { nearestText } from './nearest-text.js';
import type { SettledRequest } from './settled-request.js';

/**
 * Where the request wants it of this label, the on spans are cut to the moments at which something moves suddenly. Spans
 * with too few of them stay as they are.
 */
export async function cutToEvents(
  { events }: Pick<SettledRequest, 'events'>,
  timing: TimingCurve,
  { changes }: FrameEmbeddings,
  encoder: Pick<ImageTextEncoder, 'embedTexts'>,
): Promise<TimingCurve> {
  if (events === 'off' || changes === undefined) return timing;
  if (events === 'rhythmic' && (await kindOfLabel(timing.label, encoder)) !== 'rhythmic') return timing;
  const spans = soundOfEvents(timing.spans, visualEvents(changes));
  return {
    ...timing,
    spans: spans.map(({ startSeconds, endSeconds }) => ({
      startSeconds: rounded(startSeconds),
      endSeconds: rounded(endSeconds),
    })),
  };
}

/** How the sounds of a label behave in time, by the class whose words are nearest to it. */
export async function kindOfLabel(
  label: string,
  encoder: Pick<ImageTextEncoder, 'embedTexts'>,
): Promise<SoundKind> {
  const phrases = SOUND_CLASSES.flatMap(({ phrases, kind }) =>
    phrases.slice(0, phraseCount).map((text) => ({ kind, text })),
  );
  return (await nearestText(label, phrases, encoder)).candidate.kind;
}

/** Whether a label turns out rhythmic in some clip: a vague one may stand for any of its classes (seen-as.ts). */
export async function mayBeRhythmic(
  label: string,
  encoder: Pick<ImageTextEncoder, 'embedTexts'>,
): Promise<boolean> {
  const vague = vagueLabelNamed(label);
  if (vague !== null && vagueLabels[vague]!.some((id) => soundClass(id).kind === 'rhythmic')) return true;
  return (await kindOfLabel(label, encoder)) === 'rhythmic';
}

/** To a tenth of a millisecond, so that files stay readable. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
