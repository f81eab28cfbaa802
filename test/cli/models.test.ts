/** @file `models pull|ls|verify|rm` as people meet them, against a hub on this machine; offline nothing is opened. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presetOf } from '../../src/hub/index.js';
import { bytesOf, type HubServer, type ServedRepository, serveHub, textFile } from '../hub/hub-server.js';
import { capture } from './capture.js';

/** The preset's repository, its weights a few bytes of noise. */
function served(): ServedRepository {
  const { sources } = presetOf('auffusion');
  const names = sources.flatMap(({ files }) => files.map(({ anyOf }) => anyOf.at(-1)!));
  const large = names.filter((name) => !/\.(?:json|txt)$/.test(name));
  const content = (name: string) =>
    large.includes(name) ? bytesOf(2000 + name.length, name.length) : textFile(name);
  return {
    id: sources[0]!.repository,
    commit: sources[0]!.revision,
    branch: 'main',
    licence: 'cc-by-nc-sa-4.0',
    files: Object.fromEntries(names.map((name) => [name, content(name)])),
    large,
  };
}

const repository = served();
const accept = ['--accept-licence', 'cc-by-nc-sa-4.0'];
let server: HubServer;
let home: string;
let env: Record<string, string>;
beforeEach(async () => {
  server = await serveHub([repository]);
  home = await mkdtemp(join(tmpdir(), 'models-'));
  env = { HF_HOME: home, HF_ENDPOINT: server.endpoint };
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
  await rm(home, { recursive: true, force: true });
});
const models = (...argv: string[]) => capture(['models', ...argv], { env });
const snapshot = () =>
  join(home, 'hub', 'models--auffusion--auffusion-full-no-adapter', 'snapshots', repository.commit);

describe('models pull', () => {
  it('shows the licence, and downloads nothing before it is accepted', async () => {
    const { code, stdout, stderr } = await models('pull', 'auffusion');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('licence cc-by-nc-sa-4.0: non-commercial use');
    expect(stderr).toContain('may not be used commercially');
    expect(stderr).toContain(
      'hint: Read https://creativecommons.org/licenses/by-nc-sa/4.0/, then add --accept-licence cc-by-nc-sa-4.0',
    );
    expect(server.seen.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
    expect(await readdir(home)).toEqual([]);
  });

  it('does not ask where nobody sits, even on a terminal that only shows', async () => {
    const { code } = await capture(['models', 'pull', 'auffusion'], { env, isTTY: true });
    expect(code).toBe(2);
  });

  it('answers with the folder, and says what to do about pickles', async () => {
    const { code, stdout, stderr } = await models('pull', 'auffusion', ...accept);
    expect(code).toBe(0);
    expect(stdout).toBe(`${snapshot()}\n`);
    expect(stderr).toContain('smooth-foley models convert auffusion');
    expect(stderr).toContain('vocoder/vocoder.pt');
    const again = await models('pull', 'auffusion', '--quiet');
    expect(again).toMatchObject({ code: 0, stdout: `${snapshot()}\n`, stderr: '' });
  });

  it('as JSON is one document', async () => {
    const { stdout, stderr } = await models('pull', 'auffusion', '--json', '--quiet', ...accept);
    const { repositories } = JSON.parse(stdout);
    expect(repositories).toMatchObject([
      { commit: repository.commit, licence: 'cc-by-nc-sa-4.0', folder: snapshot() },
    ]);
    expect(stderr).toBe('');
    const plan = JSON.parse((await models('pull', 'auffusion', '--dry-run', '--json')).stdout);
    expect(plan).toMatchObject({ name: 'auffusion', bytes: 0 });
  });

  it('draws its progress on a terminal, within its width', async () => {
    const { stderr } = await capture(['models', 'pull', 'auffusion', ...accept], { env, isTTY: true });
    const drawn = stderr.split('\r\u001b[2K').slice(1, -1);
    expect(drawn.length).toBeGreaterThan(3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    for (const line of drawn) expect(line.replaceAll(/\u001b\[\d+m/g, '').length).toBeLessThan(80);
    const silent = await capture(['models', 'pull', 'auffusion', ...accept], {
      env: { ...env, HF_HUB_DISABLE_PROGRESS_BARS: '1', HF_HOME: join(home, 'other') },
      isTTY: true,
    });
    expect(silent.stderr).not.toContain('\u001b[2K');
  });

  it.each([
    [['pull', 'x'], /"x" is no repository/, 2],
    [['pull', 'auffusion', '--revision', 'v2'], /revisions and files of its own/, 2],
    [['pull', 'a/b@c', '--revision', 'd'], /two revisions/, 2],
    [['pull', 'a/b', '--revision', '../c'], /is no revision/, 2],
    [['pull', 'no/such'], /shows no no\/such to those without a token/, 4],
    [['pull', repository.id, '--revision', 'no-such'], /no such revision/, 4],
    [['rm', 'small'], /comes with the package/, 2],
    [['rm', 'auffusion'], /nothing of auffusion is on this machine/, 4],
    [['verify', 'auffusion'], /nothing of auffusion is on this machine/, 4],
  ])('%j is refused', async (argv, message, status) => {
    const { code, stderr, stdout } = await models(...argv);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([status, '']);
  });
});

describe('models ls, verify and rm', () => {
  it('follow a model from pull to removal', async () => {
    await models('pull', 'auffusion', ...accept);
    const rows = JSON.parse((await models('ls', '--json')).stdout) as { name: string; isComplete: boolean }[];
    expect(rows.filter(({ isComplete }) => isComplete).map(({ name }) => name)).toEqual([
      'small',
      'auffusion',
      repository.id,
    ]);
    expect((await models('ls')).stdout).toMatch(/^auffusion +preset .* complete +cc-by-nc-sa-4\.0$/m);
    expect((await models('verify', 'auffusion')).stdout).toMatch(
      /^auffusion: 14 files, .*every one as listed/,
    );
    await writeFile(join(snapshot(), 'vocoder/vocoder.pt'), 'damage');
    const verified = await models('verify', 'auffusion', '--json');
    expect(verified).toMatchObject({ code: 4 });
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: false });
    expect(verified.stderr).toContain('vocoder/vocoder.pt');
    const removed = await models('rm', 'auffusion');
    expect(removed.stdout).toMatch(/^auffusion: 14 files removed, .* freed\n$/);
    expect(await readdir(join(home, 'hub'))).toEqual(['.locks']);
  });

  it('verify checks a model of the package against its own sums', async () => {
    expect(await models('verify', 'small')).toMatchObject({
      code: 0,
      stdout: 'small: every file is as listed\n',
    });
  });
});

describe('offline', () => {
  const forbidConnections = () => {
    const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
      throw Object.assign(new Error('a connection was opened'), { code: 'ECONNREFUSED' });
    });
    return connect;
  };

  it.each([
    [['pull', 'auffusion', '--offline']],
    [['pull', 'owner/name', '--offline']],
    [['ls']],
    [['verify', 'small']],
  ])('models %j opens nothing', async (argv) => {
    const connect = forbidConnections();
    const { stderr } = await models(...argv);
    expect(connect).not.toHaveBeenCalled();
    expect(stderr).not.toContain('a connection was opened');
  });

  it('the guard itself sees a pull that is not offline', async () => {
    const connect = forbidConnections();
    expect((await models('pull', 'auffusion')).code).toBe(1);
    expect(connect).toHaveBeenCalled();
  });

  it('HF_HUB_OFFLINE says what is here and what is not', async () => {
    const offline = { ...env, HF_HUB_OFFLINE: '1' };
    const before = await capture(['models', 'pull', 'auffusion'], { env: offline });
    expect(before).toMatchObject({ code: 4, stdout: '' });
    expect(before.stderr).toContain(
      'smooth-foley models pull auffusion (HF_HUB_OFFLINE is set: unset it first)',
    );
    await models('pull', 'auffusion', ...accept);
    expect(await capture(['models', 'pull', 'auffusion'], { env: offline })).toMatchObject({
      code: 0,
      stdout: `${snapshot()}\n`,
    });
  });
});
