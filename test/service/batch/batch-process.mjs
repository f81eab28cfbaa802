/** @file A batch as a process of its own, to be killed: `node batch-process.mjs COMPILED OPTIONS`. One JSON line for each clip. */
import { pathToFileURL } from 'node:url';

const [compiled, json] = process.argv.slice(2);
const { input, common, options } = JSON.parse(json);
const load = (path) => import(pathToFileURL(`${compiled}/service/batch/${path}`).href);
const { readBatch } = await load('batch-items.node.js');
const { runBatch } = await load('run-batch.node.js');
const items = await readBatch(input, common, (texts) => texts);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ items: items.length });
say({ summary: await runBatch(items, { ...options, onLine: (line) => say({ line }) }) });
