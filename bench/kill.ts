/**
 * @file 200 kills at random moments under load, with the embedded database and with PostgreSQL: `npm run test:kill`.
 * Writes bench/results/kill.json; ends with 1 when any job was lost, done twice or half-written.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type CampaignResult, runCampaign } from '../test/service/kill/campaign.js';
import { compileSource } from '../test/service/kill/compiled-source.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    database: { type: 'string', multiple: true, default: ['embedded', 'postgres'] },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '120' },
    output: { type: 'string', default: fileURLToPath(new URL('./results/kill.json', import.meta.url)) },
  },
});
const { output } = values;
const { root, folder: compiled } = await compileSource();
const results: Record<string, CampaignResult> = {};
for (const database of values.database as ('embedded' | 'postgres')[]) {
  const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-kill-'));
  const result = await runCampaign({
    database,
    kills: Number(values.kills),
    folder,
    compiled,
    load: 8,
    seed: Number(values.seed),
    mostSeconds: Number(values.minutes) * 60,
    onKill: (kill, victim) => process.stderr.write(`${database}: kill ${kill}, ${victim}\n`),
  });
  results[database] = result;
  process.stderr.write(`${database}: ${JSON.stringify(result)}\n`);
  await rm(folder, { recursive: true, force: true });
}
await rm(root, { recursive: true, force: true });
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.versions.node,
};
await writeFile(output, `${JSON.stringify({ command: 'npm run test:kill', machine, results }, null, 2)}\n`);
if (Object.values(results).some(({ faults }) => faults.length > 0)) process.exitCode = 1;
