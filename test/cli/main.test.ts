import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FoleyError, type FoleyErrorCode } from '../../src/errors/foley-error.js';
import { capture } from './capture.js';

const least = ['generate', 'clip.mp4', '--label', 'dog'];
const fails = (code: FoleyErrorCode) => ({
  job: async () => {
    throw new FoleyError(code, `it is ${code}\nreally`, { hint: 'do this', cause: new Error('deep down') });
  },
});

describe('exit status', () => {
  it.each<[FoleyErrorCode, number]>([
    ['usage', 2],
    ['input-rejected', 3],
    ['input-missing', 3],
    ['limit-exceeded', 3],
    ['model-missing', 4],
    ['weights-invalid', 4],
    ['output-exists', 1],
    ['output-failed', 1],
    ['engine-failed', 1],
    ['platform-missing', 1],
    ['network-failed', 1],
    ['graph-invalid', 1],
    ['gradient-missing', 1],
    ['cancelled', 130],
  ])('%s gives %i, one line and a hint', async (errorCode, status) => {
    const { code, stdout, stderr } = await capture(least, fails(errorCode));
    expect(code).toBe(status);
    expect(stdout).toBe('');
    expect(stderr).toBe(`error: it is ${errorCode} really\nhint: do this\n`);
  });

  it('is 1 for what nobody foresaw', async () => {
    const job = async () => {
      throw new TypeError('x is undefined');
    };
    expect(await capture(least, { job })).toMatchObject({ code: 1, stderr: 'error: x is undefined\n' });
  });
});

describe('usage', () => {
  it.each([
    [[], /^Usage: smooth-foley[\s\S]*error: no command was given/],
    [['sing'], /^error: unknown command 'sing'/],
    [['generat'], /hint: Did you mean generate\?/],
    [[...least, '--step', '5'], /^error: unknown option '--step'\nhint: Did you mean --steps\?/],
    [[...least, '--temporal-align'], /^error: unknown option '--temporal-align'/],
    [[...least, '--steps'], /^error: option '--steps <n>' argument missing/],
    [[...least, 'second.mp4'], /^error: too many arguments/],
    [['generate', '--label', 'dog'], /^error: the video is missing/],
    [
      ['generate', 'clip.mp4', '--label', ''],
      /^error: --label must be text of at most 200 characters, and not empty, got ""/,
    ],
    [['generate', 'clip.mp4', '--label', '  '], /^error: --label must be text/],
    [
      [...least, '--sampler', 'euler'],
      /^error: --sampler must be one of ddim, pndm, dpm-solver\+\+, got "euler"/,
    ],
    [[...least, '--original-gain', '3'], /^error: --original-gain only acts with --original mix/],
    [['inspect'], /^error: missing required argument 'video'/],
    [['train', 'vae'], /^error: required option '--config <file>' not specified/],
    [
      ['data', 'scenes', '--audio', 'a', '--out', 'o', '--pictures', 'p', '--count', '0'],
      /^error: --count must be a whole number from 1/,
    ],
    [
      ['data', 'mixtures', '--audio', 'a', '--out', 'o', '--split', 'test'],
      /^error: --split must be one of train, val, got "test"/,
    ],
  ])('%j is refused by name', async (argv, message) => {
    const { code, stderr, stdout, requests } = await capture(argv);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(requests).toEqual([]);
  });
});

describe('output', () => {
  it('puts the paths on stdout, last, and all else on stderr', async () => {
    const { stdout, stderr } = await capture(least);
    expect(stdout).toBe('/out/a.json\n/out/a.wav\n');
    expect(stderr).toContain('warning: be warned');
  });
  it('--quiet leaves the paths alone', async () => {
    expect(await capture([...least, '-q'])).toMatchObject({
      stdout: '/out/a.json\n/out/a.wav\n',
      stderr: '',
    });
  });
  it('--verbose adds timings, and causes to errors', async () => {
    expect((await capture([...least, '-v'])).stderr).toMatch(/denoise {2}1\.50 s/);
    expect((await capture([...least, '-v'], fails('engine-failed'))).stderr).toContain('deep down');
  });
  it('says which label the picture chose, and how surely', async () => {
    const told = await capture(['generate', 'clip.mp4']);
    expect(told.requests[0]).toMatchObject({ label: null, tracks: null });
    expect(told.stderr).toContain('the picture shows "dog barking" (80 %; next: "cat meowing" 12 %)');
    const json = JSON.parse((await capture(['generate', 'clip.mp4', '--json'])).stdout);
    expect(json.takes[0].chosenLabel).toMatchObject({ label: 'dog barking', score: 0.8 });
    expect((await capture(least)).stderr).not.toContain('the picture shows');
  });
  it('--from keeps the label that the picture chose, unless another is given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'from-'));
    const from = join(folder, 'clip.foley.json');
    const write = (request: object, chosenLabel: object | null) =>
      writeFile(from, JSON.stringify({ format: 'smooth-foley.result/1', request, chosenLabel }));
    const askedFor = async (...more: string[]) =>
      (await capture(['generate', '--from', from, ...more])).requests[0];
    await write({ video: 'clip.mp4', label: null, tracks: null, seed: 7 }, { label: 'dog barking' });
    expect(await askedFor()).toMatchObject({ video: 'clip.mp4', label: 'dog barking', seed: 7 });
    expect(await askedFor('--label', 'rain')).toMatchObject({ label: 'rain' });
    expect(await askedFor('--track', 'rain')).toMatchObject({ label: null, tracks: [{ label: 'rain' }] });
    await write({ video: 'clip.mp4', label: 'cat', seed: 7 }, null);
    expect(await askedFor()).toMatchObject({ label: 'cat' });
    await rm(folder, { recursive: true });
  });
  it('--json is one document on stdout, and errors are one on stderr', async () => {
    const { stdout, stderr } = await capture([...least, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      paths: ['/out/a.json', '/out/a.wav'],
      takes: [{ request: { label: 'dog' } }],
    });
    expect(stderr).toBe('warning: be warned\n');
    const failed = await capture([...least, '--json'], fails('model-missing'));
    expect(JSON.parse(failed.stderr)).toEqual({
      error: { code: 'model-missing', message: 'it is model-missing really', hint: 'do this' },
    });
    const misused = await capture([...least, '--json', '--nonsense']);
    expect(JSON.parse(misused.stderr)).toMatchObject({ error: { code: 'usage' } });
  });
  it('colours errors on a terminal only, and not with NO_COLOR or --no-color', async () => {
    const red = '\u001b[31m';
    expect((await capture(least, { ...fails('usage'), isTTY: true })).stderr).toContain(red);
    expect((await capture(least, fails('usage'))).stderr).not.toContain(red);
    expect(
      (await capture(least, { ...fails('usage'), isTTY: true, env: { NO_COLOR: '1' } })).stderr,
    ).not.toContain(red);
    expect(
      (await capture([...least, '--no-color'], { ...fails('usage'), isTTY: true })).stderr,
    ).not.toContain(red);
  });
  it('shows progress as lines in a log, and on one line of a terminal, cleared at the end', async () => {
    const job: NonNullable<Parameters<typeof capture>[1]>['job'] = async (request, options) => {
      for (let done = 1; done <= 3; done++)
        options?.onProgress?.({ stage: 'denoise', done, total: 3, take: 0 });
      return {
        takes: [{ request, seed: 0, chosenLabel: null, warnings: [], timings: {} }],
        paths: [],
        peakRssBytes: 0,
        processorSeconds: 0,
      } as never;
    };
    expect((await capture(least, { job })).stderr.match(/making sound/g)).toHaveLength(1);
    const live = (await capture(least, { job, isTTY: true })).stderr;
    expect(live).toContain('3/3');
    expect(live.indexOf('\r\u001b[2K', live.indexOf('3/3'))).toBeGreaterThan(0);
  });
  it('prints version and help without an error', async () => {
    expect(await capture(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(await capture(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Exit status'),
    });
  });
});
