/** @file The timing of sounds that come with sudden movements: steps, strokes, bounces. */
import type { FrameEmbeddings, ImageTextEncoder } from '../conditions/frame-embeddings.js';
import type { TimingCurve } from '../conditions/timing-curve.js';
import { soundOfEvents, visualEvents } from '../conditions/visual-events.js';
import { SOUND_CLASSES, type SoundKind } from '../data/sound-classes.js';
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
  const same = SOUND_CLASSES.find((entry) => entry.phrases.includes(label));
  if (same !== undefined) return same.kind; // a text is nearest to itself
  const phrases = SOUND_CLASSES.flatMap((entry) =>
    entry.phrases.slice(0, 2).map((text) => ({ entry, text })),
  );
  const [wanted, ...known] = await encoder.embedTexts([label, ...phrases.map(({ text }) => text)]);
  let best = { likeness: Number.NEGATIVE_INFINITY, kind: SOUND_CLASSES[0]!.kind };
  known.forEach((embedding, index) => {
    let product = 0;
    let square = 0;
    for (let i = 0; i < embedding.length; i++) {
      product += embedding[i]! * wanted![i]!;
      square += embedding[i]! ** 2;
    }
    const likeness = product / Math.sqrt(square || 1);
    if (likeness > best.likeness) best = { likeness, kind: phrases[index]!.entry.kind };
  });
  return best.kind;
}

/** To a tenth of a millisecond, so that files stay readable. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
