/** @file What the page says in words: spans and edits to those who listen, and what the picture chose. */
import type { ChosenLabel } from '../../service/contract.js';
import type { Inspection } from './orders.js';
import { formatTime } from './ruler.js';
import { onSeconds, type Span } from './spans.js';

/** `sound 2 of 3, 1.20 to 2.40 s, 1.20 s long`. */
export function describeSpan(spans: readonly Span[], index: number): string {
  const span = spans[index];
  if (!span) return 'no sound';
  const { startSeconds, endSeconds } = span;
  return `sound ${index + 1} of ${spans.length}, ${startSeconds.toFixed(2)} to ${endSeconds.toFixed(2)} s, ${(endSeconds - startSeconds).toFixed(2)} s long`;
}

/** What an edit did to the track, by comparing before and after. */
export function describeEdit(before: readonly Span[], after: readonly Span[]): string {
  const total = `on for ${onSeconds(after).toFixed(2)} s in ${countSounds(after.length)}`;
  if (after.length > before.length) return `${countSounds(after.length - before.length)} more; ${total}`;
  if (after.length < before.length) return `${countSounds(before.length - after.length)} fewer; ${total}`;
  const index = after.findIndex(
    (span, at) =>
      span.startSeconds !== before[at]!.startSeconds || span.endSeconds !== before[at]!.endSeconds,
  );
  return index < 0 ? `unchanged; ${total}` : describeSpan(after, index);
}

/** `the picture chose “dog barking” (81 %); next likely: “cat meowing” 12 %, “wind” 4 %`. */
export function describeChoice({ label, score, runnersUp }: ChosenLabel): string {
  const others = runnersUp.map((other) => `“${other.label}” ${percent(other.score)}`).join(', ');
  return `the picture chose “${label}” (${percent(score)})${others === '' ? '' : `; next likely: ${others}`}`;
}

/** `vehicle was seen, as “siren wailing”`, or what the picture chose. */
export function describeFound(
  label: string,
  { chosenLabel, seenAs }: Pick<Inspection, 'chosenLabel' | 'seenAs'>,
): string {
  if (chosenLabel !== null) return describeChoice(chosenLabel);
  return seenAs === null ? `${label} was seen` : `${label} was seen, as “${seenAs}”`;
}

/** `81 %`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

export function countSounds(count: number): string {
  return count === 1 ? '1 sound' : `${count} sounds`;
}

/** `at 0:01.20`. */
export function describePlace(seconds: number): string {
  return `at ${formatTime(seconds)}`;
}
