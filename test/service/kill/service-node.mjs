/** @file One process of the service under test: `node service-node.mjs COMPILED server|worker OPTIONS`. Says "ready" and its address. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const [compiled, role, json] = process.argv.slice(2);
const { startService, startWorkers } = await import(pathToFileURL(`${compiled}/service/start-service.node.js`).href);
const options = JSON.parse(json);
const line = (level) => (message, fields) => process.stderr.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`);
const log = process.env.KILL_TEST_LOG
  ? { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  : undefined;
process.on('disconnect', () => process.exit(1)); // nobody outlives the test
const running = await (role === 'server' ? startService : startWorkers)({ ...options, ...(log ? { log } : {}) });
process.send({ kind: 'ready', url: running.url ?? null });
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on('message', (message) => {
  if (message === 'measure') {
    const { rss, heapUsed } = process.memoryUsage();
    const of = (nanoseconds) => Math.round(nanoseconds / 1e5) / 10;
    const delayMs = { median: of(delay.percentile(50)), p99: of(delay.percentile(99)), most: of(delay.max) };
    process.send({ kind: 'measure', rss, heapUsed, delayMs });
    delay.reset();
  }
});
