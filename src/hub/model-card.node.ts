/** @file The licence that a repository states in its model card, read from the card's front matter. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachedSnapshot } from './cached-snapshot.node.js';
import { type Licence, licenceOf } from './licences.js';

/** Cards are pages; their front matter comes first. */
const readBytes = 64 * 1024;

/** The licence in a snapshot's `README.md`; `unknown` without one. */
export async function licenceOfSnapshot({ folder }: CachedSnapshot): Promise<Licence> {
  const file = await open(join(folder, 'README.md'), 'r').catch(() => null);
  if (file === null) return licenceOf('unknown');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(readBytes), 0, readBytes, 0);
    return licenceOf(licenceInCard(buffer.toString('utf8', 0, bytesRead)) ?? 'unknown');
  } finally {
    await file.close();
  }
}

/** `license:` of a card's front matter, or `license_name:` where that says `other`; null when it states none. */
export function licenceInCard(card: string): string | null {
  const [, frontMatter] = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---/.exec(card) ?? [];
  if (frontMatter === undefined) return null;
  const value = (key: string): string | null =>
    new RegExp(`^${key}:\\s*(?:\\r?\\n\\s*-\\s*)?["']?([A-Za-z0-9][\\w.+-]{0,60})["']?\\s*$`, 'm').exec(
      frontMatter,
    )?.[1] ?? null;
  const licence = value('license');
  return licence === 'other' ? (value('license_name') ?? licence) : licence;
}
