import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openStudyLog } from '../../src/benchmark/study-log.node.js';

const schema = z.strictObject({ scene: z.string(), value: z.number().nullable() });
const settings = { study: 'test', seed: 0, thresholds: [0.3, 0.5] };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-log-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the log of a study', () => {
  it('holds what an earlier run measured, but for a line that was cut off', async () => {
    const inside = join(folder, 'resumed');
    const first = await openStudyLog(inside, settings, schema);
    await first.add({ scene: 'a', value: 1 });
    await first.add({ scene: 'b', value: null });
    const path = join(inside, 'measurements.jsonl');
    await appendFile(path, '{"scene":"c","va');
    const second = await openStudyLog(inside, settings, schema);
    expect(second.measurements).toEqual([
      { scene: 'a', value: 1 },
      { scene: 'b', value: null },
    ]);
    await second.add({ scene: 'c', value: 3 });
    expect((await openStudyLog(inside, settings, schema)).measurements).toHaveLength(3);
    expect(await readFile(path, 'utf8')).not.toContain('"va{');
  });

  it('refuses to mix in measurements of other settings, and names what differs', async () => {
    const inside = join(folder, 'other');
    await openStudyLog(inside, settings, schema);
    const changed = openStudyLog(inside, { ...settings, thresholds: [0.3] }, schema);
    await expect(changed).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('thresholds was [0.3,0.5], now it is [0.3]'),
    });
  });

  it('refuses lines of another kind', async () => {
    const inside = join(folder, 'foreign');
    await openStudyLog(inside, settings, schema);
    const path = join(inside, 'measurements.jsonl');
    await writeFile(path, `${await readFile(path, 'utf8')}{"scene":"a"}\n`);
    await expect(openStudyLog(inside, settings, schema)).rejects.toMatchObject({ code: 'input-rejected' });
  });
});
