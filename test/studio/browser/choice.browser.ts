import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTiming } from '../../../src/conditions/timing-curve.js';
import { ServiceClient } from '../../../src/service/client.js';
import { findChromium, gatherFaults, openBrowser } from './chromium.js';
import { expectSpans, readyTake, spansOf } from './reading.js';
import { startTestService, type TestService } from './service.js';
import { axeFindings, visit } from './states.js';

const executable = await findChromium();
const clip = fileURLToPath(new URL('../../../examples/dog-passing.mp4', import.meta.url));

describe.skipIf(executable === null)('a label that the picture chooses', () => {
  let service: TestService;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    service = await startTestService();
    browser = await openBrowser(executable!);
    folder = await mkdtemp(join(tmpdir(), 'choice-'));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('by keyboard: is asked for, shown with what came next, kept in what is downloaded, and replaced', async () => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
    });
    context.setDefaultTimeout(300_000);
    const page = await context.newPage();
    const faults = gatherFaults(page);
    const findings: string[] = [];
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Choose a video' }).waitFor();
    await page.setInputFiles('input[type=file]', clip);

    // a track without a word
    await page.locator('header button:enabled', { hasText: 'Let the picture choose' }).focus();
    await page.keyboard.press('Enter');
    const box = page.getByRole('checkbox', { name: 'let the picture choose' });
    const field = page.getByRole('textbox', { name: 'label', exact: true });
    expect(await box.isChecked()).toBe(true);
    expect(await field.inputValue()).toBe('');
    const told = page.locator('[data-choice]');
    await told.waitFor();
    const chosen = /“(.+)”/.exec((await told.textContent())!)![1]!;
    const others = page.getByRole('group', { name: 'Take another label' }).getByRole('button');
    expect(await others.count()).toBe(3);
    const next = (await others.first().textContent())!.replace(/ \d+ %$/, '');
    expect(await page.locator('[data-spoken]').textContent()).toContain(`the picture chose “${chosen}”`);
    await page.getByRole('slider', { name: `Threshold of ${chosen}` }).waitFor();
    const computed = await spansOf(page);
    await page.waitForTimeout(1500); // the filmstrip is drawn when it comes
    await visit(page, 'choice', findings);

    // a take of an edited timing: nothing is named, the motion goes along
    await page.getByRole('slider', { name: 'Playhead' }).focus();
    for (const key of ['Home', 'Shift+ArrowRight', 'Shift+ArrowRight', 'i', 'Shift+ArrowRight', 'o', 'e'])
      await page.keyboard.press(key);
    expect(await spansOf(page)).not.toEqual(computed);
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.locator('#field-steps').fill('3');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    await readyTake(page, 'Take 1');
    const words = page.getByRole('region', { name: 'Takes' }).locator('li').first();
    expect(await words.textContent()).toMatch(new RegExp(`(chose “|shows ")${chosen}.*next.*${next}`, 's'));
    findings.push(...(await axeFindings(page)));
    const [job] = (await new ServiceClient({ url: service.url }).listJobs({ kind: 'generate' })).jobs;
    if (job?.order.kind !== 'generate') throw new Error('it was a generate job');
    expect(job.order.request.label).toBeNull();
    const sent = job.order.timing!.motion!;
    expect(sent.timesSeconds.length).toBeGreaterThan(10);
    expect(job.takes[0]).toMatchObject({ chosenLabel: { label: chosen }, timing: { motion: sent } });

    // what is taken home names it, and keeps how it moves
    await page.getByRole('tab', { name: 'Download' }).click();
    const timing = parseTiming(await saved(page, `Timing of ${chosen}`), 'timing');
    expect(timing).toMatchObject({ label: chosen, motion: sent });
    await expectSpans(page, timing.spans);
    expect(JSON.parse(await saved(page, 'Request, JSON'))).toMatchObject({
      tracks: [{ label: chosen, timing: { motion: sent } }],
    });

    // another label instead; nothing is left to choose, until it is asked for again
    await page.getByRole('tab', { name: 'Track' }).click();
    await others.first().focus();
    await page.keyboard.press('Enter');
    expect(await field.inputValue()).toBe(next);
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await box.isChecked()).toBe(false);
    expect(await told.count()).toBe(0);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await box.isChecked()).toBe(true);
    await told.waitFor();
    expect(await told.textContent()).toContain(chosen);
    await page.keyboard.press('Space');
    expect(await field.inputValue()).toBe(chosen);

    // a kind of thing is told what it stands for here
    await field.fill('animal');
    await page.keyboard.press('Enter');
    const standsFor = page.locator('[data-stands-for]');
    await standsFor.waitFor();
    expect(await standsFor.textContent()).toMatch(/stands for “dog .+”/);
    expect(await page.locator('[data-spoken]').textContent()).toMatch(/animal was seen, as “dog .+”/);
    findings.push(...(await axeFindings(page)));

    // it survives a reload
    await box.check();
    await page.reload();
    await told.waitFor();
    expect(await box.isChecked()).toBe(true);
    expect(findings).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  async function saved(page: Page, name: string): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    return readFile(path, 'utf8');
  }
});
