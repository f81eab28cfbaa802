import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeWav } from '../../../src/audio/wav-reader.js';
import { findChromium, gatherFaults, openBrowser } from './chromium.js';
import { edited, expectSoundIn, expectSpans, readyTake, spansOf } from './reading.js';
import { startTestService, type TestService } from './service.js';
import { visit } from './states.js';

const executable = await findChromium();

describe.skipIf(executable === null)('the whole walk by keyboard alone', () => {
  let service: TestService;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    service = await startTestService();
    browser = await openBrowser(executable!);
    folder = await mkdtemp(join(tmpdir(), 'keyboard-'));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('example, threshold, timing, takes, two labels, blind A/B, download', async () => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(180_000);
    const page = await context.newPage();
    const faults = gatherFaults(page);
    const findings: string[] = [];
    await page.goto(service.url);
    await page.getByRole('button', { name: /^dog barking/ }).waitFor();

    // an example is one key away
    await tabTo(page, 'main button:enabled', 'dog barking');
    await page.keyboard.press('Enter');
    await page.getByRole('slider', { name: 'Threshold of dog barking' }).waitFor({ timeout: 300_000 });
    const threshold = '[role=slider][aria-label^="Threshold"]';
    await tabTo(page, threshold);
    await keys(page, 'ArrowUp', 5);
    expect(await page.locator(threshold).getAttribute('aria-valuenow')).toBe('0.55');

    // timing: everything off, then two stretches between marks
    await tabTo(page, '[aria-label="Playhead"]');
    await keys(page, 'Home', 1);
    await keys(page, 'i', 1);
    await keys(page, 'End', 1);
    await keys(page, 'o', 1);
    await keys(page, 'e', 1);
    expect(await spansOf(page)).toEqual([]);
    await keys(page, 'Home', 1);
    await keys(page, 'Shift+ArrowRight', 2);
    await keys(page, 'i', 1);
    await keys(page, 'Shift+ArrowRight', 2);
    await keys(page, 'o', 1);
    await keys(page, 'p', 1);
    await keys(page, 'Shift+ArrowRight', 2);
    await keys(page, 'ArrowRight', 15);
    await keys(page, 'i', 1);
    await keys(page, 'Shift+ArrowRight', 1);
    await keys(page, 'ArrowRight', 15);
    await keys(page, 'o', 1);
    await keys(page, 'p', 1);
    await expectSpans(page, edited);
    expect(await page.locator('[data-spoken]').textContent()).toContain('on for 3.50 s in 2 sounds');

    // edges are sliders: out by three frames and back; a sound is removed and brought back
    await tabTo(page, '[aria-label="End of sound 1, dog barking"]');
    await keys(page, 'ArrowRight', 3);
    expect((await spansOf(page))[0]!.endSeconds).toBeCloseTo(4.1, 6);
    await keys(page, 'ArrowLeft', 3);
    await keys(page, 'PageDown', 1);
    await page.waitForTimeout(100);
    expect(await focusedLabel(page)).toBe('End of sound 2, dog barking');
    await keys(page, 'Delete', 1);
    expect(await spansOf(page)).toHaveLength(1);
    await keys(page, 'Control+z', 1);
    await expectSpans(page, edited);
    await keys(page, '+', 3);
    await page.waitForTimeout(900);
    await visit(page, 'zoomed', findings);
    await keys(page, '0', 1);

    // three takes
    await tabTo(page, '[aria-label="How many takes one press makes"]');
    await keys(page, 'Control+a', 1);
    await keys(page, '3', 1);
    await keys(page, 'Tab', 1);
    await keys(page, 'Control+Enter', 1);
    await readyTake(page, 'Take 3');

    // a second label
    await tabTo(page, '[aria-label="How many takes one press makes"]');
    await keys(page, 'Control+a', 1);
    await keys(page, '1', 1);
    await tabTo(page, 'header input[type=text]');
    await page.keyboard.type('wind');
    await keys(page, 'Enter', 1);
    await page.getByRole('slider', { name: 'Threshold of wind' }).waitFor({ timeout: 300_000 });
    await keys(page, 'Control+Enter', 1);
    await readyTake(page, 'Take 1');

    // playing, shuttling, looping; the playhead moves and stops
    await tabTo(page, '[aria-label="Playhead"]');
    await keys(page, 'Home', 1);
    await keys(page, ' ', 1);
    await page.waitForTimeout(500);
    await keys(page, 'k', 1);
    const place = await playhead(page);
    expect(place).toBeGreaterThan(0.1);
    await page.waitForTimeout(300);
    expect(await playhead(page)).toBe(place);
    await keys(page, 'l', 2);
    await page.waitForTimeout(300);
    await keys(page, 'k', 1);
    expect(await playhead(page)).toBeGreaterThan(place);
    await keys(page, 'j', 1);
    await page.waitForTimeout(300);
    await keys(page, 'k', 1);

    // back to the first track, next take, mute and solo
    await tabTo(page, '.timeline button');
    await keys(page, 'ArrowUp', 1);
    expect(await page.locator('[data-spoken]').textContent()).toContain('track dog barking');
    await keys(page, ']', 1);
    expect(await page.locator('[data-spoken]').textContent()).toContain('hearing Take 2');
    await keys(page, 'm', 2);
    await keys(page, 'Shift+S', 2);

    // the sheet opens, holds the focus, and closes
    await keys(page, '?', 1);
    await page.getByRole('dialog').waitFor();
    await keys(page, 'Escape', 1);
    await page.getByRole('dialog').waitFor({ state: 'hidden' });

    // blind A/B
    await openTab(page, 'compare');
    await tabTo(page, '#inspector-panel button.primary');
    await keys(page, 'Enter', 1);
    for (const [key, name] of [
      ['b', 'B'],
      ['x', 'X'],
      ['a', 'A'],
    ]) {
      await keys(page, key!, 1);
      expect(await page.locator('.sides [aria-pressed="true"] strong').textContent()).toBe(name);
    }
    await tabTo(page, '#inspector-panel button[aria-label="X is B"]');
    await keys(page, 'Enter', 1);
    await tabTo(page, '#inspector-panel button[aria-label="A is better"]');
    await keys(page, 'Enter', 1);
    await page.getByText(/Preferred: Take [123]/).waitFor();

    // download
    await openTab(page, 'download');
    await tabTo(page, '#inspector-panel button.primary');
    await keys(page, 'Enter', 1);
    await page.locator('section[aria-label="Mix"] a[data-kind="stem"]').first().waitFor({ timeout: 300_000 });
    await tabTo(page, '#inspector-panel a[data-kind="stem"]', 'barking.wav');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    const path = join(folder, 'stem.wav');
    await download.saveAs(path);
    expectSoundIn(decodeWav(await readFile(path)), edited);

    expect(findings).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('every control of the form changes the request that the page shows', async () => {
    const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
    await page.goto(service.url);
    await page.getByRole('button', { name: /^dog barking/ }).click();
    await page.getByRole('slider', { name: 'Threshold of dog barking' }).waitFor({ timeout: 300_000 });
    const schema = (await (await fetch(`${service.url}/v1/schema`)).json()) as {
      request: { name: string; kind: string; maximum: number | null }[];
    };
    const walked = new Set<string>();
    for (const tab of ['track', 'settings']) {
      await page.locator(`#tab-${tab}`).click();
      await page.getByText('Request as it will be sent').click();
      const request = page.locator('pre[data-request]');
      const controls = page.locator('[id^="field-"]:is(input, select)');
      for (let index = 0; index < (await controls.count()); index++) {
        const control = controls.nth(index);
        const name = (await control.getAttribute('id'))!.slice('field-'.length);
        // a gain acts only on an original that is mixed in
        if (name === 'originalGain') await page.locator('#field-original').selectOption('mix');
        const before = await request.textContent();
        await changeControl(control, schema.request.find((field) => field.name === name)!.maximum);
        await expect.poll(() => request.textContent(), { message: name }).not.toBe(before);
        walked.add(name);
      }
    }
    const wanted = schema.request.filter(({ name, kind }) => kind !== 'list' && name !== 'timing');
    expect([...walked].sort()).toEqual(wanted.map(({ name }) => name).sort());
    await page.context().close();
  });

  it('loads less than 300 kB, all of it from the service', async () => {
    const page = await (await browser.newContext()).newPage();
    const faults = gatherFaults(page);
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Choose a video' }).waitFor();
    const bytes = await page.evaluate(() =>
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
        (sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize,
        0,
      ),
    );
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(300_000);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

/** Presses Tab until the focus is where it should be; a person would, too. */
async function tabTo(page: Page, selector: string, text = ''): Promise<void> {
  for (let presses = 0; presses < 250; presses++) {
    const isThere = await page.evaluate(
      ([wanted, words]) => {
        const focus = document.activeElement;
        return focus?.matches(wanted!) === true && (focus.textContent ?? '').includes(words!);
      },
      [selector, text],
    );
    if (isThere) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reaches ${selector} ${text}`);
}

async function keys(page: Page, key: string, times: number): Promise<void> {
  for (let count = 0; count < times; count++) await page.keyboard.press(key === ' ' ? 'Space' : key);
}

/** Tab to the tabs, then arrows to the one that is wanted. */
async function openTab(page: Page, name: string): Promise<void> {
  await tabTo(page, '[role=tab]');
  for (let count = 0; count < 4; count++) {
    if ((await focusedId(page)) === `tab-${name}`) break;
    await page.keyboard.press('ArrowRight');
  }
  expect(await page.locator(`#tab-${name}`).getAttribute('aria-selected')).toBe('true');
}

const focusedId = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
const focusedLabel = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');

async function playhead(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Playhead' }).getAttribute('aria-valuenow'));
}

/** Gives a control another value, as a person would. */
async function changeControl(control: ReturnType<Page['locator']>, most: number | null): Promise<void> {
  const kind = await control.evaluate((element) =>
    element instanceof HTMLSelectElement ? 'select' : (element as HTMLInputElement).type,
  );
  if (kind === 'checkbox') return control.click();
  if (kind === 'select') {
    await control.evaluate((element) => {
      const select = element as HTMLSelectElement;
      select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
    return;
  }
  const before = await control.inputValue();
  const low = Number((await control.getAttribute('min')) ?? 0);
  const isOptionalNumber = kind !== 'number' && (await control.getAttribute('inputmode')) === 'decimal';
  if (isOptionalNumber) await control.fill(before === '' ? String(most ?? 1) : '');
  else if (kind === 'number') await control.fill(String(before === String(low + 1) ? low + 0.5 : low + 1));
  else await control.fill(`${before}other`);
  await control.press('Enter');
}
