/** @file A real service with the real model, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStudio } from '../../../src/studio/start-studio.node.js';

export interface TestService {
  readonly url: string;
  close(): Promise<void>;
}

/** It names a model that is not there, so that the choice of models is one. */
export async function startTestService(): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'studio-'));
  const service = await startStudio({ port: 0, dataDir: join(folder, 'data'), models: ['small', 'another'] });
  return {
    url: service.url,
    close: async () => {
      await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
