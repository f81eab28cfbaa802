import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCampaign } from './kill/campaign.js';
import { compileSource } from './kill/compiled-source.js';
import { postgresPrograms } from './kill/local-postgres.js';

// the long form of this is `npm run test:kill`: 200 kills each
// processes start and stop here: seconds each, minutes on a busy machine
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let compiled: { readonly root: string; readonly folder: string };
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kill-'));
  compiled = await compileSource();
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(compiled.root, { recursive: true });
});

describe('kills at random moments under load', () => {
  it('of the server with its own database lose no job, do none twice, and leave no half result', async () => {
    const folder = join(root, 'embedded');
    const options = {
      database: 'embedded',
      kills: 5,
      folder,
      compiled: compiled.folder,
      load: 4,
      seed: 11,
    } as const;
    const result = await runCampaign(options);
    expect(result.faults).toEqual([]);
    expect(result.kills).toEqual({ server: 5 });
    expect(result.jobs).toBeGreaterThanOrEqual(4);
  });

  it.skipIf(postgresPrograms() === null)(
    'of server, workers and PostgreSQL lose no job, do none twice, and leave no half result (needs PostgreSQL)',
    async () => {
      const folder = join(root, 'postgres');
      const options = {
        database: 'postgres',
        kills: 6,
        folder,
        compiled: compiled.folder,
        load: 4,
        seed: 5,
      } as const;
      const result = await runCampaign(options);
      expect(result.faults).toEqual([]);
      expect(result.jobs).toBeGreaterThanOrEqual(4);
    },
  );
});
