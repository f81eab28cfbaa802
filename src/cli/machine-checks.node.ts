/** @file What `smooth-foley doctor` checks: Node, memory, engine, codecs, cache, and every model. */
import { access, constants, mkdir } from 'node:fs/promises';
import { freemem, homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { checkModelFolder } from '../foley/model/check-model.node.js';
import { listModels, verifyModel } from '../foley/model-bundle.node.js';
import { readPlatform, readVersions } from '../foley/versions.node.js';
import { add, program as graphProgram, input, tensor } from '../graph/index.js';
import { loadCodecs } from '../video/codecs.node.js';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint: string | null;
}

type Check = readonly [name: string, check: () => Promise<string>];

const leastNode = [20, 19] as const;
const wantedMemoryBytes = 1.5e9;

/** Every check, one after another. */
export async function examineMachine(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, check] of await checks()) findings.push(await examine(name, check));
  return findings;
}

async function examine(name: string, check: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await check(), hint: null };
  } catch (thrown) {
    return {
      name,
      ok: false,
      detail: messageOf(thrown),
      hint: thrown instanceof FoleyError ? thrown.hint : null,
    };
  }
}

async function checks(): Promise<Check[]> {
  const models = (await listModels()).map((name): Check => [`model ${name}`, () => checkModel(name)]);
  return [
    ['node', checkNode],
    ['processor', async () => `${readPlatform().cores} threads, ${readPlatform().cpu}`],
    ['memory', checkMemory],
    ['engine', checkEngine],
    ['codecs', checkCodecs],
    ['cache', checkCache],
    ...(models.length > 0
      ? models
      : [
          [
            'models',
            async () => Promise.reject(new FoleyError('model-missing', 'none come with this package')),
          ] as const,
        ]),
  ];
}

async function checkNode(): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  if (isEnough) return `${process.versions.node}`;
  throw new FoleyError('platform-missing', `Node ${process.versions.node} is too old`, {
    hint: `Install Node ${leastNode.join('.')} or newer.`,
  });
}

async function checkMemory(): Promise<string> {
  const text = `${(freemem() / 1e9).toFixed(1)} of ${(totalmem() / 1e9).toFixed(1)} GB free`;
  if (totalmem() >= wantedMemoryBytes) return text;
  throw new FoleyError('platform-missing', text, { hint: 'A 10 s clip needs up to 1.5 GB.' });
}

/** Lists what the runtime has, and adds two numbers on it. */
async function checkEngine(): Promise<string> {
  const engine = createOrtEngine({ threads: 1 });
  try {
    const x = input('x', [1]);
    const session = await engine.compile(graphProgram('doctor', { inputs: [x], outputs: { y: add(x, x) } }));
    const { y } = await session.run({ x: tensor([1], Float32Array.of(21)) });
    if (y!.data[0] !== 42) throw new FoleyError('engine-failed', `the engine says 21 + 21 = ${y!.data[0]}`);
    return `ONNX Runtime ${readVersions().onnxruntime}: ${listSupportedBackends()
      .filter(({ bundled }) => bundled)
      .map(({ name }) => name)
      .join(', ')}`;
  } finally {
    await engine.close();
  }
}

async function checkCodecs(): Promise<string> {
  await loadCodecs();
  return 'FFmpeg through @mediabunny/server';
}

async function checkCache(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'smooth-foley');
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return folder;
  } catch (cause) {
    throw new FoleyError('output-failed', `${folder} cannot be written: ${messageOf(cause)}`, {
      hint: 'Set XDG_CACHE_HOME, or use --cache-dir none.',
      cause,
    });
  }
}

async function checkModel(name: string): Promise<string> {
  const { folder } = await checkModelFolder(name);
  const differing = await verifyModel(folder);
  if (differing === null) return 'complete (no SHA256SUMS to compare with)';
  if (differing.length === 0) return 'complete, every file as listed in SHA256SUMS';
  throw new FoleyError('weights-invalid', `${differing.join(', ')} differ from SHA256SUMS`, {
    hint: 'Check the model folder out again.',
  });
}
