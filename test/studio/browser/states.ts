/** @file What is done in every state of the page: axe looks at it, and a picture of it is kept. */
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect } from 'vitest';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const pictures = fileURLToPath(new URL('../../../docs/images/studio/', import.meta.url));
/** Pictures belong to the documentation: they are replaced only when somebody asks for it. */
const keepsPictures = process.env.KEEP_PICTURES === '1';
const largestPictureBytes = 150_000;

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** Everything that axe finds, in words. */
export async function axeFindings(page: Page): Promise<string[]> {
  // through the debugger, which a page's policy does not concern
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    const source = await import('node:fs/promises').then((files) => files.readFile(axePath, 'utf8'));
    await page.evaluate(source);
  }
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then((result) => result.violations)`,
  )) as AxeViolation[];
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${impact} ${id} ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Looks at a state, adds what axe finds to `findings`, and keeps its picture. */
export async function visit(page: Page, name: string, findings: string[]): Promise<void> {
  for (const finding of await axeFindings(page)) findings.push(`${name}: ${finding}`);
  if (!keepsPictures) return;
  await mkdir(pictures, { recursive: true });
  const png = await page.screenshot();
  const { size } = await sharp(png)
    .resize({ width: 1280 })
    .png({ palette: true, colours: 96, effort: 10, dither: 0.4 })
    .toFile(join(pictures, `${name}.png`));
  expect(size, name).toBeLessThan(largestPictureBytes);
}
