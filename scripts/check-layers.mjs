#!/usr/bin/env node
// Checks that a folder of src/ imports only from folders below it, and that the core stays free of node: modules.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

// Lowest first: an import may only point to the same folder or to one further left.
const layers = [
  'errors',
  'files',
  'graph',
  'engine',
  'weights',
  'hub',
  'models',
  'audio',
  'diffusion',
  'conditions',
  'video',
  'pictures',
  'data',
  'evaluation',
  'foley',
  'training',
  'benchmark',
  'service',
  'studio',
  'cli',
];
const core = new Set(['errors', 'graph', 'models', 'audio', 'diffusion', 'conditions']);
const faults = [];

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

for (const path of sources('src')) {
  const folder = relative('src', path).split(sep)[0];
  if (folder.endsWith('.ts')) continue; // src/index.ts sees everything
  const rank = layers.indexOf(folder);
  if (rank < 0) faults.push(`${path}: folder "${folder}" is not in the list of layers`);
  const isPlatformFile = path.endsWith('.node.ts');
  for (const match of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const target = match[1];
    if (target.startsWith('node:') && core.has(folder) && !isPlatformFile)
      faults.push(`${path}: the core must not import ${target}`);
    if (!target.startsWith('.')) continue;
    const targetFolder = relative('src', normalize(join(dirname(path), target))).split(sep)[0];
    if (layers.indexOf(targetFolder) > rank)
      faults.push(`${path}: ${folder} must not import from ${targetFolder}`);
  }
}

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
}
