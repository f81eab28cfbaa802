/** @file What both walks read off the page and off the files that they download. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { mixdown, type Wave } from '../../../src/audio/wave.js';

/** The edited timing of every walk, in frames of 30 a second. */
export const edited = [
  { startSeconds: 2, endSeconds: 4 },
  { startSeconds: 6.5, endSeconds: 8 },
];

/** Spans of the selected track, as the page announces them. */
export async function spansOf(page: Page): Promise<{ startSeconds: number; endSeconds: number }[]> {
  return page.locator('.track.selected .timing .span').evaluateAll((spans) =>
    spans.map((span) => {
      const at = (part: string): number =>
        Number(span.querySelector(`.${part}[role=slider]`)!.getAttribute('aria-valuenow'));
      return { startSeconds: at('start'), endSeconds: at('end') };
    }),
  );
}

export async function expectSpans(
  page: Page,
  wanted: readonly { startSeconds: number; endSeconds: number }[],
): Promise<void> {
  const spans = await spansOf(page);
  expect(spans).toHaveLength(wanted.length);
  spans.forEach((span, index) => {
    // exact but for the division by 30
    expect(span.startSeconds).toBeCloseTo(wanted[index]!.startSeconds, 6);
    expect(span.endSeconds).toBeCloseTo(wanted[index]!.endSeconds, 6);
  });
}

export async function readyTake(page: Page, name: string): Promise<void> {
  await page.locator(`button[aria-label="Hear ${name}"]:not([disabled])`).waitFor({ timeout: 300_000 });
}

/** The sound is where the track says: at least 20 dB louder inside than outside (48 dB is the model's median). */
export function expectSoundIn(
  wave: Wave,
  spans: readonly { startSeconds: number; endSeconds: number }[],
): void {
  const samples = mixdown(wave).channels[0]!;
  // edges ring on: a quarter of a second on both sides counts for neither
  const guard = 0.25;
  const power = { inside: 0, outside: 0 };
  const count = { inside: 0, outside: 0 };
  samples.forEach((sample, index) => {
    const seconds = index / wave.sampleRateHz;
    const isInside = spans.some(
      (span) => seconds > span.startSeconds + guard && seconds < span.endSeconds - guard,
    );
    const isOutside = spans.every(
      (span) => seconds < span.startSeconds - guard || seconds > span.endSeconds + guard,
    );
    const side = isInside ? 'inside' : isOutside ? 'outside' : null;
    if (side === null) return;
    power[side] += sample * sample;
    count[side]++;
  });
  const decibels = (side: 'inside' | 'outside'): number => 10 * Math.log10(power[side] / count[side] + 1e-12);
  expect(decibels('inside') - decibels('outside')).toBeGreaterThan(20);
}
