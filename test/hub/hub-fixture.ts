/** @file A hub with one small repository, a cache in a folder of its own, and pulls whose waits take no time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import {
  type ClientOptions,
  type HubClient,
  openHubClient,
  type PulledRepository,
  type PullProgress,
  planPull,
  pull,
  readHubSettings,
} from '../../src/hub/index.js';
import { bytesOf, type HubServer, type ServedRepository, serveHub, textFile } from './hub-server.js';

export const token = 'hf_theTokenThatNobodyElseMaySee';
export const weights = bytesOf(300_000, 1);
export const repository: ServedRepository = {
  id: 'owner/tiny-model',
  commit: 'a'.repeat(40),
  branch: 'main',
  licence: 'apache-2.0',
  files: {
    'README.md': textFile('---\nlicense: apache-2.0\n---\n# A model\n'),
    'config.json': textFile('{"a":1}'),
    'unet/config.json': textFile('{"b":2}'),
    'unet/model.safetensors': weights,
    'unet/picture.png': bytesOf(50, 9),
  },
  large: ['unet/model.safetensors'],
};

export interface HubFixture {
  readonly server: HubServer;
  readonly cacheFolder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Seconds that were asked to be waited, in order. */
  readonly waits: number[];
  client(options?: ClientOptions & { stallSeconds?: number }): Promise<HubClient>;
  /** Plans and pulls; everything is accepted. */
  pull(name?: string, options?: PullFixtureOptions): Promise<PulledRepository[]>;
}

export interface PullFixtureOptions extends ClientOptions {
  readonly revision?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly stallSeconds?: number;
  readonly onProgress?: (progress: PullProgress) => void;
}

/** Sets a hub and a cache up before each test, and takes them away after it. */
export function useHub(repositories: readonly ServedRepository[] = [repository]): () => HubFixture {
  let fixture: HubFixture;
  beforeEach(async () => {
    const server = await serveHub(repositories);
    const home = await mkdtemp(join(tmpdir(), 'hub-'));
    const env = { HF_HOME: home, HF_ENDPOINT: server.endpoint, HF_TOKEN: token };
    const waits: number[] = [];
    const client: HubFixture['client'] = ({ stallSeconds, ...options } = {}) =>
      openHubClient(
        { ...readHubSettings(env), ...(stallSeconds === undefined ? {} : { stallSeconds }) },
        {
          wait: async (milliseconds) => {
            waits.push(milliseconds / 1000);
            await new Promise((done) => setTimeout(done, 5));
          },
          ...options,
        },
      );
    fixture = {
      server,
      cacheFolder: join(home, 'hub'),
      env,
      waits,
      client,
      async pull(
        name = repository.id,
        { revision, include = [], exclude = [], onProgress, ...options } = {},
      ) {
        const opened = await client(options);
        const plan = await planPull(opened, { name, revision: revision ?? null, include, exclude });
        const acceptedLicences = plan.repositories.map(({ licence }) => licence.id);
        return pull(opened, plan, { acceptedLicences, ...(onProgress ? { onProgress } : {}) });
      },
    };
  });
  afterEach(async () => {
    await fixture.server.close();
    await rm(join(fixture.cacheFolder, '..'), { recursive: true, force: true });
  });
  return () => fixture;
}

/** What a promise is rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (thrown: unknown) => thrown,
  );
}
