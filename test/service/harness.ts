/** @file A service for tests: its own data folder, a child that needs no model, a clip to send. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceClient } from '../../src/service/client.js';
import type { Media } from '../../src/service/contract.js';
import {
  type RunningService,
  type ServiceOptions,
  startService,
} from '../../src/service/start-service.node.js';

export const quickWorker = fileURLToPath(new URL('./workers/quick.ts', import.meta.url));
export const examplePath = fileURLToPath(new URL('../../examples/dog-lying.mp4', import.meta.url));

export interface TestService {
  readonly service: RunningService;
  readonly client: ServiceClient;
  readonly dataDir: string;
  close(): Promise<void>;
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'smooth-foley-service-'));
}

export async function startTestService(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const service = await startService({
    port: 0,
    workers: 2,
    jobWorkerPath: quickWorker,
    ...options,
    dataDir,
  });
  const token = options.token ?? undefined;
  return {
    service,
    client: new ServiceClient({ url: service.url, ...(token === undefined ? {} : { token }) }),
    dataDir,
    close: async () => {
      await service.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function exampleClip(): Promise<Blob> {
  return new Blob([await readFile(examplePath)]);
}

export async function uploadExample(client: ServiceClient, name = 'dog.mp4'): Promise<Media> {
  return client.upload(await exampleClip(), name);
}

/** Calls until the answer pleases. @throws when it does not in time */
export async function eventually<T>(
  ask: () => Promise<T>,
  pleases: (answer: T) => boolean,
  seconds = 60,
): Promise<T> {
  const endMs = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (pleases(answer)) return answer;
    if (performance.now() > endMs) throw new Error(`still ${JSON.stringify(answer).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
