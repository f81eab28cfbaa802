/** @file One process of the service under test: `node service-node.mjs COMPILED server|worker OPTIONS`. Says "ready" and its address. */
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
process.on('message', (message) => {
  if (message === 'measure') {
    const { rss, heapUsed } = process.memoryUsage();
    process.send({ kind: 'measure', rss, heapUsed });
  }
});
