/** @file Child process of damaged-files.test.ts: damages copies of a clip and reads whatever can still be read. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { FoleyError } from '../../src/errors/foley-error.js';
import { frameStream, openMedia, readSoundtrack } from '../../src/video/index.js';

export interface DamageReport {
  readonly rejected: number;
  readonly read: number;
}

/** A small generator of its own, so that a failure can be repeated from the seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes flipped, blocks of zeros or of noise, ranges cut out; one in three in the head or tail, where the index is. */
function damage(whole: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(whole);
  const edge = Math.min(1500, whole.length);
  const place = () => {
    const choice = random();
    if (choice < 0.17) return Math.floor(random() * edge);
    if (choice < 0.5) return whole.length - 1 - Math.floor(random() * edge);
    return Math.floor(random() * whole.length);
  };
  const kind = random();
  if (kind < 0.6) {
    const count = 1 + Math.floor(random() * 8);
    for (let i = 0; i < count; i++) bytes[place()] = Math.floor(random() * 256);
    return bytes;
  }
  const at = place();
  const length = 1 + Math.floor(random() * 64);
  if (kind < 0.75) return bytes.fill(0, at, Math.min(at + length, bytes.length));
  if (kind < 0.9) {
    for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i] = Math.floor(random() * 256);
    return bytes;
  }
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

/** Small, so that a damaged index cannot ask for an hour of held pictures. */
const limits = { maxDurationSeconds: 20, maxFrameCount: 2000, maxPixelsPerFrame: 4_000_000 };

async function read(path: string): Promise<void> {
  const media = await openMedia(path, { limits });
  try {
    const window = {
      endSeconds: Math.min(media.facts.durationSeconds, 3),
      fit: { kind: 'within', width: 32, height: 32 },
    } as const;
    for await (const frame of frameStream(media, window)) {
      if (frame.data.length !== frame.width * frame.height * 3) throw new Error('a frame of the wrong size');
    }
    if (media.audioTracks.length > 0) await readSoundtrack(media);
  } finally {
    media.close();
  }
}

const [path = '', seed = '0', count = '0'] = process.argv.slice(2);
const whole = readFileSync(path);
const random = randomNumbers(Number(seed));
let rejected = 0;
let readThrough = 0;
for (let index = 0; index < Number(count); index++) {
  const damaged = `${path}.damaged-${index}`;
  writeFileSync(damaged, damage(whole, random));
  try {
    await read(damaged);
    readThrough++;
  } catch (error) {
    if (!(error instanceof FoleyError)) throw new Error(`copy ${index} of seed ${seed}`, { cause: error });
    rejected++;
  }
  rmSync(damaged);
}
await new Promise((resolve) => setTimeout(resolve, 50)); // anything left behind rejects by now
process.send?.({ rejected, read: readThrough } satisfies DamageReport);
process.disconnect?.();
