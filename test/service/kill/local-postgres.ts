/** @file A PostgreSQL server of a test's own: made in a folder, started, killed and started again. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Where the system keeps PostgreSQL's programs; null where it is not installed, which skips what needs it.
 * @throws where it must be there: with SMOOTH_FOLEY_TEST_POSTGRES=required, as `.ci/run` says
 */
export function postgresPrograms(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (folder === undefined && process.env.SMOOTH_FOLEY_TEST_POSTGRES === 'required')
    throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return folder ?? null;
}

export class LocalPostgres {
  readonly url: string;
  readonly #programs: string;
  readonly #folder: string;
  readonly #port: number;

  private constructor(programs: string, folder: string, port: number) {
    this.#programs = programs;
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://foley@127.0.0.1:${port}/postgres`;
  }

  static async create(listenOn = '127.0.0.1'): Promise<LocalPostgres> {
    const programs = postgresPrograms();
    if (programs === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
    // not below a folder of ours alone: the server runs as another user
    const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-postgres-'));
    if (process.getuid?.() === 0) {
      const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
      await chown(folder, id('-u'), id('-g'));
    }
    const server = new LocalPostgres(programs, folder, await freePort());
    await server.#as(join(programs, 'initdb'), [
      '-D',
      folder,
      '-U',
      'foley',
      '-A',
      'trust',
      '--no-instructions',
    ]);
    const hba = `${folder}/pg_hba.conf`;
    await server.#as('sh', ['-c', `echo 'host all foley 10.0.0.0/8 trust' >> ${hba}`]);
    server.#settings = ['-p', String(server.#port), '-c', `listen_addresses=${listenOn}`, '-k', folder];
    await server.start();
    return server;
  }
  #settings: string[] = [];

  get port(): number {
    return this.#port;
  }

  /** Also after a kill: what is left of the old server has to go first. */
  async start(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const [command, args] = this.#command(join(this.#programs, 'postgres'), [
        '-D',
        this.#folder,
        ...this.#settings,
      ]);
      spawn(command, args, { stdio: 'ignore', detached: true }).unref();
      for (let wait = 0; wait < 40; wait++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const isReady = await run(join(this.#programs, 'pg_isready'), [
          '-h',
          '127.0.0.1',
          '-p',
          String(this.#port),
          '-q',
        ]).then(
          () => true,
          () => false,
        );
        if (isReady) return;
      }
      if (attempt > 10) throw new Error('PostgreSQL does not start');
    }
  }

  /** SIGKILL to the server, or to one process that serves a connection, after which the server recovers by itself. */
  kill(what: 'server' | 'connection', random: () => number): void {
    const main = this.#pid();
    if (main === null) return;
    const children = readFileSync(`/proc/${main}/task/${main}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    const serving = children.filter((pid) => commandOf(pid).includes(' foley '));
    const pid = what === 'server' ? main : serving[Math.floor(random() * serving.length)];
    if (pid !== undefined) killQuietly(pid);
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    const main = this.#pid();
    if (main === null) return;
    killQuietly(main, 'SIGINT');
    while (existsSync(`/proc/${main}`)) await new Promise((resolve) => setTimeout(resolve, 20));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #pid(): number | null {
    try {
      return Number(readFileSync(join(this.#folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
    } catch {
      return null;
    }
  }

  /** PostgreSQL refuses to run as root. */
  #command(program: string, args: readonly string[]): [string, string[]] {
    return process.getuid?.() === 0
      ? ['runuser', ['-u', 'postgres', '--', program, ...args]]
      : [program, [...args]];
  }

  async #as(program: string, args: readonly string[]): Promise<void> {
    const [command, all] = this.#command(program, args);
    await run(command, all, { cwd: '/' });
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

export function killQuietly(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has just ended by itself
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
