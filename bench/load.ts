/**
 * @file The service under load: 200 queued jobs, 50 clients with event streams of all that happens. Counts every event at every
 * client, and follows memory and the delay of the server's event loop. Writes bench/results/load.json; ends with 1 when an event was lost.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ServiceClient } from '../src/service/client.js';
import { compileSource } from '../test/service/kill/compiled-source.js';
import { PlainClient } from '../test/service/kill/plain-client.js';
import { freePort, quickWorker, ServiceNode } from '../test/service/kill/service-nodes.js';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '200' },
    clients: { type: 'string', default: '50' },
    output: { type: 'string', default: fileURLToPath(new URL('./results/load.json', import.meta.url)) },
  },
});
const jobCount = Number(values.jobs);
const clientCount = Number(values.clients);
const example = fileURLToPath(new URL('../examples/dog-lying.mp4', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-load-'));
const { root, folder: compiled } = await compileSource();
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const server = new ServiceNode('server', compiled, {
  role: 'server',
  options: { dataDir: join(folder, 'data'), port, workers: 2, jobWorkerPath: quickWorker },
});
await server.ready();
const media = await new PlainClient(url).upload(example);
const memory = [await server.measure()];

const abort = new AbortController();
const ids: string[][] = Array.from({ length: clientCount }, () => []);
const finished: Set<string>[] = Array.from({ length: clientCount }, () => new Set());
const listening = Array.from({ length: clientCount }, async (_, index) => {
  const client = new ServiceClient({ url });
  for await (const { id, event } of client.events({ lastEventId: '0', signal: abort.signal })) {
    if (id !== null) ids[index]!.push(id);
    if (event.type === 'job' && event.job.state === 'succeeded') finished[index]!.add(event.job.id);
  }
});
const startedMs = Date.now();
const client = new ServiceClient({ url });
const submitted = await Promise.all(
  Array.from({ length: jobCount }, (_, index) =>
    client.submit({ kind: 'generate', mediaId: media.id, request: { label: `job ${index}`, seed: 7 } }),
  ),
);
const queuedSeconds = (Date.now() - startedMs) / 1000;
const answersMs: number[] = [];
while (finished.some((set) => set.size < jobCount) && Date.now() - startedMs < 900_000) {
  const askedMs = performance.now();
  await client.getJob(submitted[answersMs.length % jobCount]!.id);
  answersMs.push(performance.now() - askedMs);
  if (answersMs.length % 20 === 0) memory.push(await server.measure());
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const seconds = (Date.now() - startedMs) / 1000;
await new Promise((resolve) => setTimeout(resolve, 1500)); // what is still on its way to the slowest
memory.push(await server.measure());
abort.abort();
await Promise.all(listening);

const all = new Set(ids.flat());
const lost = ids.map((seen) => all.size - new Set(seen).size);
const doubled = ids.map((seen) => seen.length - new Set(seen).size);
const disordered = ids.filter((seen) =>
  seen.some((id, at) => at > 0 && Number(id) <= Number(seen[at - 1])),
).length;
const sorted = [...answersMs].sort((a, b) => a - b);
const quantile = (share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! * 10) / 10;
const result = {
  command: 'npx tsx bench/load.ts',
  machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.versions.node },
  jobs: jobCount,
  clients: clientCount,
  queuedSeconds,
  seconds,
  events: { distinct: all.size, delivered: ids.flat().length },
  lost: lost.reduce((sum, count) => sum + count, 0),
  doubled: doubled.reduce((sum, count) => sum + count, 0),
  clientsWithDisorder: disordered,
  jobsSeenToSucceed: {
    least: Math.min(...finished.map((set) => set.size)),
    most: Math.max(...finished.map((set) => set.size)),
  },
  answerMs: {
    count: answersMs.length,
    median: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    most: quantile(1),
  },
  // of the server, from the moment before the first job to the moment after the last event
  eventLoopDelayMs: {
    median: middleOf(memory.map(({ delayMs }) => delayMs.median)),
    p99: middleOf(memory.map(({ delayMs }) => delayMs.p99)),
    most: Math.max(...memory.map(({ delayMs }) => delayMs.most)),
  },
  rssMebibytes: courseOf(memory.map(({ rss }) => Math.round(rss / 2 ** 20))),
  heapMebibytes: courseOf(memory.map(({ heapUsed }) => Math.round(heapUsed / 2 ** 20))),
};
await server.stop();
await rm(folder, { recursive: true, force: true });
await rm(root, { recursive: true, force: true });
await writeFile(values.output, `${JSON.stringify(result, null, 2)}\n`);
process.stderr.write(`${JSON.stringify(result)}\n`);
if (result.lost + result.doubled + disordered > 0 || result.jobsSeenToSucceed.least < jobCount)
  process.exitCode = 1;
process.exit();

/** Of figures that were each taken over about two seconds. */
function middleOf(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)]!;
}

/** Before, at five moments of equal distance, and after. */
function courseOf(figures: readonly number[]): number[] {
  const last = figures.length - 1;
  return [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => figures[Math.round(share * last)]!);
}
