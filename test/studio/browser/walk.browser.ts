import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAudioFile } from '../../../src/audio/decode-audio-file.node.js';
import { decodeWav } from '../../../src/audio/wav-reader.js';
import { parseTiming } from '../../../src/conditions/timing-curve.js';
import { findChromium, gatherFaults, openBrowser } from './chromium.js';
import { edited, expectSoundIn, expectSpans, readyTake, spansOf } from './reading.js';
import { startTestService, type TestService } from './service.js';
import { visit } from './states.js';

const executable = await findChromium();
if (executable === null)
  console.warn(
    'The walks through the studio are skipped: there is no Chromium here. Install it, or set CHROMIUM_PATH.',
  );

const clip = fileURLToPath(new URL('../../../examples/dog-passing.mp4', import.meta.url));

describe.skipIf(executable === null)('a walk through the studio', () => {
  let service: TestService;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    service = await startTestService();
    browser = await openBrowser(executable!);
    folder = await mkdtemp(join(tmpdir(), 'walk-'));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('by pointer: drop, see, edit, two labels, three takes, blind A/B, download', async () => {
    const page = await openPage({ width: 1280, height: 800 });
    const faults = gatherFaults(page);
    const findings: string[] = [];
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Choose a video' }).waitFor();
    await visit(page, 'welcome', findings);

    // drop
    await dropFile(page, clip, 'my clip.mp4');
    await page.getByRole('region', { name: 'Timeline' }).waitFor({ timeout: 300_000 });
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);

    // see
    await page.getByRole('textbox', { name: 'What is heard' }).fill('dog barking');
    await page.keyboard.press('Enter');
    const threshold = page.getByRole('slider', { name: 'Threshold of dog barking' });
    await threshold.waitFor({ timeout: 300_000 });
    await page.waitForTimeout(1500); // the filmstrip is drawn when it comes
    await visit(page, 'see', findings);

    // the threshold is dragged: the computed track follows
    const before = await spansOf(page);
    await dragBy(page, threshold, 0, -14);
    expect(Number(await threshold.getAttribute('aria-valuenow'))).toBeGreaterThan(0.6);
    expect(await spansOf(page)).not.toEqual(before);
    const computed = JSON.stringify(await spansOf(page));

    // edit: erase everything, paint two stretches, drag an edge, split and take it back
    const lane = page.getByRole('group', { name: /^Timing of dog barking/ });
    await page.getByRole('radio', { name: 'Erase' }).click();
    await dragOver(page, lane, 0, 10.23);
    expect(await spansOf(page)).toEqual([]);
    await page.getByRole('radio', { name: 'Paint' }).click();
    await dragOver(page, lane, 2, 3.5);
    await dragOver(page, lane, 6.5, 8);
    await page.getByRole('radio', { name: 'Move' }).click();
    const end = page.getByRole('slider', { name: 'End of sound 1, dog barking' });
    await dragBy(page, end, await pixels(lane, 0.5), 0);
    await expectSpans(page, edited);
    await page
      .getByRole('slider', { name: 'Playhead' })
      .click({ position: { x: await pixels(lane, 3), y: 10 } });
    await page.getByRole('button', { name: 'Split at the playhead' }).click();
    expect(await spansOf(page)).toHaveLength(3);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expectSpans(page, edited);
    await page.getByRole('button', { name: 'Computed' }).click();
    expect(JSON.stringify(await spansOf(page))).toBe(computed);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expectSpans(page, edited);
    await visit(page, 'timing', findings);

    // three takes
    await page.getByLabel('How many takes one press makes').fill('3');
    await page.getByLabel('How many takes one press makes').press('Enter');
    await page.getByRole('button', { name: 'Make 3 takes' }).click();
    await page.getByRole('progressbar', { name: 'Progress of Take 1' }).waitFor();
    await page.waitForTimeout(2000);
    await visit(page, 'making', findings);
    await readyTake(page, 'Take 3');

    // a second label, with one take
    await page.getByRole('textbox', { name: 'What is heard' }).fill('wind');
    await page.keyboard.press('Enter');
    await page.getByLabel('How many takes one press makes').fill('1');
    await page.getByLabel('How many takes one press makes').press('Enter');
    await page.getByRole('slider', { name: 'Threshold of wind' }).waitFor({ timeout: 300_000 });
    await page.getByRole('button', { name: 'Make a take' }).click();
    await readyTake(page, 'Take 1');
    await page.waitForTimeout(600);
    await visit(page, 'two-labels', findings);

    // takes switch while the clip plays on
    await page.getByRole('button', { name: 'dog barking', exact: true }).click();
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByRole('button', { name: 'Hear Take 2' }).click();
    const place = await playhead(page);
    await page.waitForTimeout(400);
    expect(await playhead(page)).toBeGreaterThan(place);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Keep Take 2' }).click();
    await page.getByRole('button', { name: 'Discard Take 3' }).click();
    await page.getByRole('button', { name: 'Show 1 discarded' }).waitFor();

    // blind A/B
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    expect(await page.locator('.sides').getByText('hidden').count()).toBe(2);
    await visit(page, 'blind', findings);
    const heard: string[] = [];
    for (const key of ['a', 'b', 'x']) {
      await page.keyboard.press(key);
      heard.push((await page.locator('.sides [aria-pressed="true"] strong').textContent()) ?? '');
    }
    expect(heard).toEqual(['A', 'B', 'X']);
    await page.getByRole('button', { name: 'X is A' }).click();
    await page.getByRole('button', { name: 'A is better' }).click();
    await page.getByText(/Preferred: Take [123]/).waitFor();
    await visit(page, 'compared', findings);
    await page.getByRole('button', { name: 'End comparison' }).click();

    // settings: pictures of the form in both widths
    await page.getByRole('tab', { name: 'Settings' }).click();
    await visit(page, 'settings', findings);

    // download
    await page.getByRole('tab', { name: 'Download' }).click();
    await page.getByRole('button', { name: 'Write the mix' }).click();
    await page.locator('section[aria-label="Mix"] a[data-kind="flac"]').waitFor({ timeout: 300_000 });
    await visit(page, 'download', findings);
    const stem = await save(
      page,
      page.locator('section[aria-label="Mix"] a[data-kind="stem"]', { hasText: 'barking.wav' }),
    );
    expectSoundIn(decodeWav(await readFile(stem)), edited);
    const takeWav = await save(page, page.locator('section[aria-label="This take"] a[data-kind="wav"]'));
    expectSoundIn(decodeWav(await readFile(takeWav)), edited);
    const takeVideo = await save(page, page.locator('section[aria-label="This take"] a[data-kind="video"]'));
    expectSoundIn(await decodeAudioFile(takeVideo), edited);
    for (const kind of ['wav', 'flac', 'video'] as const) {
      const path = await save(page, page.locator(`section[aria-label="Mix"] a[data-kind="${kind}"]`));
      const sound = kind === 'wav' ? decodeWav(await readFile(path)) : await decodeAudioFile(path);
      // to a tenth: codecs pad the end by a frame
      expect(sound.channels[0]!.length / sound.sampleRateHz).toBeCloseTo(10.24, 1);
    }
    const timing = await save(page, page.getByRole('button', { name: 'Timing of dog barking' }));
    expect(parseTiming(await readFile(timing, 'utf8'), 'timing').spans).toEqual(edited);
    const request = JSON.parse(
      await readFile(await save(page, page.getByRole('button', { name: 'Request, JSON' })), 'utf8'),
    );
    expect(request.tracks.map((track: { label: string }) => track.label)).toEqual(['dog barking', 'wind']);
    expect(request.tracks[0].timing.spans).toEqual(edited);
    expect(await page.locator('[data-command]').textContent()).toContain("generate 'my clip.mp4' --from");

    // the session survives a reload
    await page.reload();
    await page.getByRole('button', { name: 'Hear Take 2' }).waitFor({ timeout: 300_000 });
    await expectSpans(page, edited);
    expect(findings).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('in the dark, at 1920, with an error in its own words', async () => {
    const page = await openPage({ width: 1920, height: 1080 }, 'dark');
    const faults = gatherFaults(page);
    const findings: string[] = [];
    await page.goto(service.url);
    await page.getByRole('button', { name: /^dog barking/ }).click();
    await page.getByRole('slider', { name: 'Threshold of dog barking' }).waitFor({ timeout: 300_000 });
    await page.getByRole('button', { name: 'Make a take' }).click();
    await readyTake(page, 'Take 1');
    await page.waitForTimeout(800);
    await visit(page, 'dark-wide', findings);
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await visit(page, 'shortcuts', findings);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Other clip' }).click();
    await page.setInputFiles('input[type=file]', {
      name: 'notes.mp4',
      mimeType: 'video/mp4',
      buffer: Buffer.from('these are no moving pictures at all, only words'.repeat(40)),
    });
    await page.getByRole('alert').waitFor({ timeout: 300_000 });
    expect(await page.getByRole('alert').textContent()).toMatch(/notes\.mp4|MP4|clip/);
    await visit(page, 'error', findings);
    expect(findings).toEqual([]);
    // the refusal itself is an answer with an error status, which browsers write to the console
    expect(faults.filter((fault) => !/status of 4\d\d/.test(fault))).toEqual([]);
    await page.context().close();
  });

  async function openPage(
    viewport: { width: number; height: number },
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<Page> {
    const context = await browser.newContext({ viewport, colorScheme, acceptDownloads: true });
    context.setDefaultTimeout(180_000);
    return context.newPage();
  }

  async function save(page: Page, what: ReturnType<Page['locator']>): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download') as Promise<Download>, what.click()]);
    const path = join(folder, `${Date.now()}-${download.suggestedFilename()}`);
    await download.saveAs(path);
    return path;
  }
});

async function dropFile(page: Page, path: string, name: string): Promise<void> {
  const bytes = (await readFile(path)).toString('base64');
  await page.evaluate(
    ([content, fileName]) => {
      const data = Uint8Array.from(atob(content!), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([data], fileName!, { type: 'video/mp4' }));
      window.dispatchEvent(
        new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
    },
    [bytes, name],
  );
}

async function pixels(lane: ReturnType<Page['locator']>, seconds: number): Promise<number> {
  return ((await lane.boundingBox())!.width / 10.2333) * seconds;
}

async function dragOver(
  page: Page,
  lane: ReturnType<Page['locator']>,
  from: number,
  to: number,
): Promise<void> {
  const box = (await lane.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + (await pixels(lane, from)) + 0.5, y);
  await page.mouse.down();
  await page.mouse.move(box.x + (await pixels(lane, (from + to) / 2)), y);
  await page.mouse.move(box.x + Math.min(box.width, await pixels(lane, to)) - 0.5, y);
  await page.mouse.up();
}

async function dragBy(page: Page, what: ReturnType<Page['locator']>, x: number, y: number): Promise<void> {
  const box = (await what.boundingBox())!;
  const [fromX, fromY] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(fromX, fromY);
  await page.mouse.down();
  await page.mouse.move(fromX + x / 2, fromY + y / 2);
  await page.mouse.move(fromX + x, fromY + y);
  await page.mouse.up();
}

async function playhead(page: Page): Promise<number> {
  return Number(await page.getByRole('slider', { name: 'Playhead' }).getAttribute('aria-valuenow'));
}
