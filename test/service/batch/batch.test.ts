import { spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBatch } from '../../../src/service/batch/batch-items.node.js';
import type { BatchLine } from '../../../src/service/batch/batch-journal.node.js';
import { parseCsv } from '../../../src/service/batch/csv.js';
import { compileSource } from '../kill/compiled-source.js';
import { quickWorker } from '../kill/service-nodes.js';

const example = fileURLToPath(new URL('../../../examples/dog-lying.mp4', import.meta.url));
const program = fileURLToPath(new URL('./batch-process.mjs', import.meta.url));
// processes start and stop here: seconds each, minutes on a busy machine
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let compiled: { readonly root: string; readonly folder: string };
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'batch-'));
  compiled = await compileSource();
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(compiled.root, { recursive: true });
});

describe('parseCsv', () => {
  it('reads back whatever was quoted', () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { minLength: 1 }),
        (rows) => {
          const text = rows.map((row) => row.map(quoted).join(',')).join('\r\n');
          expect(parseCsv(text, 'a.csv').map(({ fields }) => fields)).toEqual(rows);
        },
      ),
    );
  });

  it('counts lines, skips empty ones, and names the line of a fault', () => {
    expect(parseCsv('\ufeffa,b\n"1\n2",3\n\n4,\n', 'a.csv')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['1\n2', '3'] },
      { line: 5, fields: ['4', ''] },
    ]);
    expect(() => parseCsv('a\nb"c\n', 'a.csv')).toThrow('a.csv, line 2: a quote is out of place');
  });
});

describe('readBatch', () => {
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(root, name);
    await writeFile(path, text);
    return path;
  };
  const read = (input: string, common = {}) => readBatch(input, common, (texts) => texts);

  it('takes the clips of a folder, and not what it made itself', async () => {
    const folder = join(root, 'folder');
    await mkdir(folder);
    for (const name of ['b.mp4', 'a.MOV', 'a.foley.mp4', 'a.foley-2.webm', 'notes.txt', '.hidden.mp4'])
      await writeFile(join(folder, name), '');
    const items = await read(folder, { label: 'dog' });
    expect(items.map(({ stem, place, video }) => [stem, place, video])).toEqual([
      ['a', 'a.MOV', join(folder, 'a.MOV')],
      ['b', 'b.mp4', join(folder, 'b.mp4')],
    ]);
  });

  it('lets a line count more than what holds for all, and keeps names apart', async () => {
    const lines = [
      { video: 'a.mp4' },
      { video: 'a.mp4', label: 'rain', steps: 5, name: 'wet' },
      { video: 'sub/a.mp4', tracks: [{ label: 'dog', timing: { spans: [] } }] },
    ];
    const items = await read(await write('x.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')), {
      label: 'dog',
      prompt: 'a small dog',
      steps: 7,
    });
    expect(items.map(({ stem }) => stem)).toEqual(['a', 'wet', 'a-2']);
    expect(
      items.map(({ order }) => [order.request.label, order.request.prompt, order.request.steps]),
    ).toEqual([
      ['dog', 'a small dog', 7],
      ['rain', null, 5],
      [null, null, 7],
    ]);
    expect(items[2]!.order.request.tracks).toMatchObject([{ label: 'dog', timing: { spans: [] } }]);
    expect(new Set(items.map(({ key }) => key)).size).toBe(3);
  });

  it('gives an item the same key from run to run, and another when anything of it changes', async () => {
    const keyOf = async (line: object) => (await read(await write('k.jsonl', JSON.stringify(line))))[0]!.key;
    const key = await keyOf({ video: 'a.mp4', label: 'dog' });
    expect(await keyOf({ label: 'dog', video: 'a.mp4', threshold: 0.5 })).toBe(key); // 0.5 is what it is unless given
    expect(await keyOf({ video: 'a.mp4', label: 'cat' })).not.toBe(key);
    expect(await keyOf({ video: 'b.mp4', label: 'dog' })).not.toBe(key);
  });

  it.each([
    ['\n{"video": "a.mp4", "label": "a"}\n{"label": "b"}', 'line 3: video is missing'],
    ['{"video": "a.mp4", "label": "a", "stpes": 3}', 'line 1: there is no field "stpes" in a batch'],
    ['{"video": "a.mp4", "label": "a", "outDir": "/etc"}', 'line 1: there is no field "outDir" in a batch'],
    ['{"video": "a.mp4", "label": "a", "name": "../up"}', 'line 1: name must be a plain file name'],
    [
      '{"video": "a.mp4", "label": "a", "steps": 0}',
      'line 1: steps must be a whole number from 1 to 500, or "model", got 0',
    ],
    ['{"video": ', 'line 1: is not JSON'],
    ['[1]', 'line 1: is no object'],
    ['', 'names no clips'],
  ])('%s: %s', async (text, message) => {
    await expect(read(await write('bad.jsonl', text))).rejects.toThrow(message);
  });

  it('reads a CSV file with its columns by name', async () => {
    const path = await write('x.csv', 'video,label,name\na.mp4,"dog, barking",one\nb.mp4,rain,\n');
    const items = await read(path);
    expect(items.map(({ stem, order }) => [stem, order.request.label])).toEqual([
      ['one', 'dog, barking'],
      ['b', 'rain'],
    ]);
    await expect(read(await write('y.csv', 'video,label\na.mp4,b,c\n'))).rejects.toThrow(
      'line 2: has more fields',
    );
  });
});

describe('a batch', () => {
  interface Told {
    readonly items?: number;
    readonly line?: BatchLine;
    readonly summary?: Record<string, number>;
  }

  /** @param killAfter lines after which it is killed */
  async function run(input: string, outDir: string, { isResumed = false, killAfter = -1, stepMs = 5 } = {}) {
    const options = { outDir, workers: 2, isResumed, overwrite: false, jobWorkerPath: quickWorker };
    const child = spawn(
      process.execPath,
      [program, compiled.folder, JSON.stringify({ input, common: { label: 'dog', seed: 7 }, options })],
      {
        env: {
          ...process.env,
          KILL_TEST_JOURNAL: join(root, 'starts.jsonl'),
          KILL_TEST_STEP_MS: String(stepMs),
        },
      },
    );
    const told: Told[] = [];
    let stderr = '';
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const lines = text.split('\n');
      text = lines.pop()!;
      told.push(...lines.map((line) => JSON.parse(line) as Told));
      if (killAfter >= 0 && told.filter(({ line }) => line).length >= killAfter) child.kill('SIGKILL');
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { told, code, stderr, lines: told.flatMap(({ line }) => (line ? [line] : [])) };
  }

  it('does every clip once, however often it is killed; what fails does not stop the rest', async () => {
    const clips = join(root, 'clips');
    const out = join(root, 'out');
    await mkdir(clips);
    for (let index = 0; index < 4; index++) await link(example, join(clips, `clip-${index}.mp4`));
    await writeFile(join(clips, 'text.mp4'), 'no clip at all');
    const input = join(root, 'batch.jsonl');
    const videos = [...(await readdir(clips)).sort(), 'none.mp4'];
    await writeFile(
      input,
      videos
        .map((video) => JSON.stringify({ video: join('clips', video), label: `dog ${video}` }))
        .join('\n'),
    );

    const first = await run(input, out, { killAfter: 2, stepMs: 60 });
    expect(first.code).toBeNull();
    const again = await run(input, out);
    expect(again.stderr).toContain('a batch was written there');
    const second = await run(input, out, { isResumed: true, killAfter: 1, stepMs: 60 });
    const third = await run(input, out, { isResumed: true });
    expect(third.stderr).toBe('');
    expect(third.told.at(-1)).toMatchObject({ summary: { clips: 6, done: 4, failed: 2 } });

    const record = (await readFile(join(out, 'batch.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as BatchLine);
    const done = record.filter(({ state }) => state === 'done');
    expect(done.map(({ video }) => video).sort()).toEqual(
      videos.slice(0, 4).map((video) => join(clips, video)),
    );
    const failed = new Map(
      third.lines.filter(({ state }) => state === 'failed').map((line) => [line.video, line.error!]),
    );
    expect(failed.get(join(clips, 'none.mp4'))).toMatchObject({ code: 'input-missing' });
    expect(failed.get(join(clips, 'text.mp4'))!.message).toMatch(/text file/);
    // results lie there whole, and nothing else does
    const names = await readdir(out);
    for (const { files } of done) {
      expect(files).toHaveLength(3);
      const wav = files.find((file) => file.endsWith('.wav'))!;
      const video = `${wav.slice(0, -'.foley.wav'.length)}.mp4`;
      const expected = Buffer.alloc(64 * 1024, `dog ${video} 7 `);
      expect((await readFile(join(out, wav))).equals(expected), wav).toBe(true);
    }
    expect(names.sort()).toEqual([...done.flatMap(({ files }) => files), 'batch.jsonl'].sort());

    // what was told to be done by one run is not begun by the next
    const told = new Set(
      [...first.lines, ...second.lines].filter(({ state }) => state === 'done').map(({ video }) => video),
    );
    const before = third.told.at(-1)!.summary!.before!;
    expect(before).toBeGreaterThanOrEqual(told.size);
    for (const video of told) expect(third.lines.map((line) => line.video)).not.toContain(video);

    const fourth = await run(input, out, { isResumed: true });
    expect(fourth.lines.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(fourth.told.at(-1)).toMatchObject({ summary: { before: 4 } });
  });
});
