import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeClip, steadyFrames, temporaryFolder } from './clips.js';
import type { DamageReport } from './damage-child.js';
import { click } from './ffmpeg-reader.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/**
 * Reads `count` damaged copies of a clip in a child process, as production does, so that a crash is seen as one.
 * The child ends with 0 unless something escaped: a signal, an unhandled rejection, an error that is no FoleyError.
 */
async function readDamaged(path: string, seed: number, count: number): Promise<DamageReport> {
  const script = fileURLToPath(new URL('./damage-child.ts', import.meta.url));
  const child = fork(script, [path, String(seed), String(count)], {
    execArgv: ['--import', 'tsx'],
    stdio: 'pipe',
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  let report: DamageReport | undefined;
  child.on('message', (message) => {
    report = message as DamageReport;
  });
  // Not a measure of speed: a damaged number must not become an endless loop. SIGKILL shows below.
  const watch = setTimeout(() => child.kill('SIGKILL'), 280_000);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(watch);
  expect({ code, signal, complaints }).toEqual({ code: 0, signal: null, complaints: '' });
  if (report === undefined) throw new Error('the child said nothing');
  return report;
}

describe('damaged files', () => {
  it.each([
    ['mp4', 'avc', 'aac'],
    ['mp4', 'hevc', 'aac'],
    ['webm', 'vp8', 'vorbis'],
    ['webm', 'vp9', 'opus'],
    ['mkv', 'av1', 'opus'],
  ] as const)(
    'are refused or read, and never end the process: %s, %s, %s',
    async (container, codec, audioCodec) => {
      const audio = { codec: audioCodec, sampleRateHz: 48_000, channels: [click(1, 0.5, 48_000)] };
      const spec = { container, codec, width: 64, height: 48, frames: steadyFrames(30, 30), audio };
      const path = await encodeClip(folder.path(`whole-${codec}.${container}`), spec);
      expect((await readFile(path)).byteLength).toBeGreaterThan(1000);
      const report = await readDamaged(path, 7, 60);
      expect(report.rejected + report.read).toBe(60);
      // Damage in a table is refused, damage in a pixel is read: both have to occur, or nothing was tested.
      expect(report.rejected).toBeGreaterThan(0);
      expect(report.read).toBeGreaterThan(0);
    },
  );
});
