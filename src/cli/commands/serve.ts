/** @file `smooth-foley serve` and `smooth-foley worker`: the HTTP service, and hands for one that runs elsewhere. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { FoleyError, messageOf } from '../../errors/foley-error.js';
import { type ServiceLimits, serviceLimitsSchema } from '../../service/limits.js';
import { jsonLog } from '../../service/log.js';
import { type S3Settings, s3SettingsSchema } from '../../service/s3-blobs.node.js';
import type { SharedOptions } from '../../service/service-back.node.js';
import type { CommandHost } from '../command-host.js';
import { flagOf } from '../schema-flags.js';
import type { Terminal } from '../terminal.js';

type Given = Readonly<Record<string, unknown>>;

export function addServeCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('serve')
    .description('HTTP service: uploads, jobs, events, results')
    .option('--host <address>', 'address to listen on; any but loopback needs a token', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes any that is free', '8300')
    .option('--token-file <file>', 'file with the token; else SMOOTH_FOLEY_TOKEN')
    .option('--allow-host <name...>', 'further names that requests may be addressed to')
    .option('--model <name...>', 'models that clients may ask for', ['small']);
  addSharedOptions(command, '1');
  host.run(command, async (terminal, { opts }) => {
    const given = opts.call(command) as Given;
    const token = await readToken(given.tokenFile as string | undefined);
    const shared = await sharedOptions(given, token);
    const { startService } = await import('../../service/start-service.node.js');
    const service = await startService({
      ...shared,
      host: given.host as string,
      port: wholeNumber('--port', given.port, 0, 65_535),
      token,
      allowHosts: (given.allowHost as string[] | undefined) ?? [],
      models: given.model as string[],
    });
    await untilStopped(
      terminal,
      { url: service.url, dataDir: shared.dataDir },
      `smooth-foley listens on ${service.url}`,
      service,
    );
  });
}

export function addWorkerCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('worker')
    .description('take jobs of a service on another machine; needs its DATABASE_URL');
  addSharedOptions(command, '1');
  host.run(command, async (terminal, { opts }) => {
    const shared = await sharedOptions(opts.call(command) as Given, null);
    const { startWorkers } = await import('../../service/start-service.node.js');
    const workers = await startWorkers(shared);
    await untilStopped(terminal, { workers: shared.workers }, 'smooth-foley takes jobs', workers);
  });
}

function addSharedOptions(command: Command, workers: string): void {
  command
    .option('--data-dir <folder>', 'database, uploads, results and caches', defaultDataDir())
    .option(
      '--results-dir <folder>',
      'clips and results, where that is not in the data folder: one that all machines see',
    )
    .option('--workers <n>', 'jobs at once in this process; 0 leaves them to others', workers)
    .option('--log-file <file>', 'append the log there in place of stderr')
    .addHelpText(
      'after',
      '\nEnvironment: DATABASE_URL (PostgreSQL to share; else one in the data folder), SMOOTH_FOLEY_TOKEN,\n' +
        'SMOOTH_FOLEY_S3 (address of a bucket) with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.',
    );
  for (const [name, schema] of Object.entries(serviceLimitsSchema.shape)) {
    const fallback = String(schema.parse(undefined));
    command.addOption(
      new Option(`${flagOf(name)} <n>`, `${schema.description}; default ${fallback}`).helpGroup('Limits:'),
    );
  }
}

async function sharedOptions(
  given: Given,
  token: string | null,
): Promise<SharedOptions & { dataDir: string }> {
  const { env } = process;
  const databaseUrl = env.DATABASE_URL === '' ? null : (env.DATABASE_URL ?? null);
  const secrets = [token, databaseUrl, env.AWS_SECRET_ACCESS_KEY].filter((text) => typeof text === 'string');
  const write = await logWriter(given.logFile as string | undefined);
  return {
    dataDir: given.dataDir as string,
    resultsDir: (given.resultsDir as string | undefined) ?? null,
    databaseUrl,
    s3: s3Settings(env),
    workers: wholeNumber('--workers', given.workers, 0, 256),
    limits: limitsOf(given),
    log: jsonLog(write, secrets),
  };
}

function limitsOf(given: Given): Partial<ServiceLimits> {
  const limits: Record<string, number> = {};
  for (const [name, schema] of Object.entries(serviceLimitsSchema.shape)) {
    if (given[name] === undefined) continue;
    const parsed = schema.safeParse(Number(given[name]));
    if (!parsed.success) {
      throw new FoleyError(
        'usage',
        `${flagOf(name)}: ${parsed.error.issues[0]!.message}, got ${String(given[name])}`,
      );
    }
    limits[name] = parsed.data;
  }
  return limits;
}

function s3Settings(env: NodeJS.ProcessEnv): S3Settings | null {
  if ((env.SMOOTH_FOLEY_S3 ?? '') === '') return null;
  const parsed = s3SettingsSchema.safeParse({
    endpoint: env.SMOOTH_FOLEY_S3,
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    region: env.AWS_REGION,
  });
  if (parsed.success) return parsed.data;
  throw new FoleyError(
    'usage',
    `the store of SMOOTH_FOLEY_S3 cannot be used: ${parsed.error.issues[0]!.path.join('.')}`,
    {
      hint: 'Set SMOOTH_FOLEY_S3 to the address of a bucket, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    },
  );
}

async function readToken(path: string | undefined): Promise<string | null> {
  if (path === undefined) return process.env.SMOOTH_FOLEY_TOKEN || null;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-missing', `cannot read the token file ${path}: ${messageOf(cause)}`, {
      cause,
    });
  });
  return text.trim();
}

async function logWriter(path: string | undefined): Promise<(line: string) => void> {
  if (path === undefined) return (line) => process.stderr.write(line);
  const { createWriteStream } = await import('node:fs');
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', reject);
  });
  return (line) => stream.write(line);
}

/** Beside other programs' data, where the system keeps it. */
function defaultDataDir(): string {
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  const base = XDG_DATA_HOME || LOCALAPPDATA || join(homedir(), '.local', 'share');
  return join(base, 'smooth-foley');
}

function wholeNumber(flag: string, given: unknown, least: number, most: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new FoleyError(
    'usage',
    `${flag} must be a whole number from ${least} to ${most}, got ${String(given)}`,
  );
}

/** Says that all is ready, in one line on stdout, and ends when the system or a person says so. */
async function untilStopped(
  terminal: Terminal,
  facts: Readonly<Record<string, unknown>>,
  line: string,
  running: { close(): Promise<void> },
): Promise<void> {
  // one line, so that a program that started us can read it as it comes
  terminal.result(terminal.modes.json ? JSON.stringify({ ready: true, pid: process.pid, ...facts }) : line);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // a second signal does not wait
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await running.close();
}
