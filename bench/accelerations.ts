/**
 * @file What each acceleration saves at full size: the cost of every program that one of them runs or leaves out, and
 * from these, with the counts that `denoise` asks for, the cost of denoising one window of 10.24 s.
 *
 *   npx tsx bench/accelerations.ts --weights FOLDER [--part steps|conditions|tower]... [--rounds N] [--threads N]
 *                                  [--out FILE.json]
 *
 * FOLDER holds `unet`, `controlnet` and `image_h` as `.safetensors`. The frame adapter's weights are drawn here.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gaussianNoise, guidanceTerms } from '../src/diffusion/index.js';
import type { Arithmetic } from '../src/engine/engine.js';
import { createOrtEngine } from '../src/engine/ort-engine.node.js';
import {
  type Branches,
  frameProgram,
  hintProgram,
  type StepPart,
  stepProgram,
  textProgram,
} from '../src/foley/network-programs.js';
import { exactSpeed, type SpeedSettings } from '../src/foley/speed.js';
import type { SynthesizerParameters } from '../src/foley/synthesizer-parameters.js';
import { elementCount, floats, input, type Program, program, tensor } from '../src/graph/index.js';
import { clipH14, clipImageEmbedding } from '../src/models/clip.js';
import { frameKeysValues, frameTokens } from '../src/models/frame-adapter.js';
import { smoothFoley } from '../src/models/presets.js';
import { crossAttentionSites } from '../src/models/unet-config.js';
import { initialiseParameters } from '../src/weights/initialise.js';
import { collectParameters, frozenParameters, type Parameters } from '../src/weights/parameters.js';
import { openSafetensors, writeSafetensors } from '../src/weights/safetensors-file.node.js';

const { values: options } = parseArgs({
  options: {
    weights: { type: 'string' },
    part: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(cpus().length) },
    out: { type: 'string' },
  },
});
if (options.weights === undefined) throw new Error('--weights FOLDER is needed');
const parts = options.part ?? ['steps', 'conditions', 'tower'];
const rounds = Number(options.rounds);
const latentShape = [4, 32, 128];
const frameCount = 308; // 10.24 s at 30 a second
const config = smoothFoley;

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}
type Costs = Record<string, Cost>;
const known = options.out ? await readFile(options.out, 'utf8').catch(() => null) : null;
const costs: Costs = known === null ? {} : (JSON.parse(known) as { costs: Costs }).costs;
const cosines: Record<string, number> =
  known === null ? {} : ((JSON.parse(known) as { cosines?: Record<string, number> }).cosines ?? {});
const loadAtStart = loadavg()[0]!;

const folder = await mkdtemp(join(tmpdir(), 'smooth-foley-bench-'));
const engine = createOrtEngine({ threads: Number(options.threads) });
try {
  const open = async (name: string): Promise<Parameters> =>
    frozenParameters(await openSafetensors(join(resolve(options.weights!), `${name}.safetensors`)));
  if (parts.includes('steps') || parts.includes('conditions')) {
    const unet = await open('unet');
    const parameters: SynthesizerParameters = {
      unet,
      vae: unet, // not run here
      vocoder: unet,
      frameAdapter: await drawnFrameAdapter(),
      temporalAdapter: await open('controlnet'),
    };
    if (parts.includes('steps')) await measureSteps(parameters);
    if (parts.includes('conditions')) await measureConditions(parameters);
  }
  if (parts.includes('tower')) await measureTower(await open('image_h'));
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}
report();
if (options.out) {
  const machine = { cpu: cpus()[0]?.model, threads: Number(options.threads), loadAtStart };
  await writeFile(options.out, `${JSON.stringify({ machine, rounds, costs, cosines }, null, 2)}\n`);
}

async function measureSteps(parameters: SynthesizerParameters): Promise<void> {
  const both: Branches = { frames: { scale: 1, count: frameCount }, timingScale: 1 };
  const frames: Branches = { ...both, timingScale: null };
  const steps: [string, Branches, StepPart][] = [
    ['step', both, { kind: 'whole' }],
    ['step without timing', frames, { kind: 'whole' }],
    ['step keeping, depth 2', both, { kind: 'keeping', depth: 2 }],
    ...[0, 1, 2, 3, 5].map((depth): [string, Branches, StepPart] => [
      `step reusing, depth ${depth}`,
      both,
      { kind: 'reusing', depth },
    ]),
    ['step reusing without timing, depth 2', frames, { kind: 'reusing', depth: 2 }],
    ['step again', both, { kind: 'whole' }],
  ];
  for (const [name, branches, part] of steps)
    await measure(name, stepProgram(config, parameters, branches, part, latentShape));
  const whole = stepProgram(config, parameters, both, { kind: 'whole' }, latentShape);
  const exact = await measure('step, once more', whole);
  cosines['step in int8'] = cosine(await measure('step in int8', whole, 1, 'int8'), exact);
}

async function measureConditions(parameters: SynthesizerParameters): Promise<void> {
  await measure('text keys and values', textProgram(config, parameters, true));
  await measure('frame keys and values', frameProgram(config, parameters, frameCount, latentShape[2]!));
  await measure('hint', hintProgram(config, parameters));
}

/** The image tower, a picture at a time and several, whole and with tokens merged. */
async function measureTower(p: Parameters): Promise<void> {
  let exact: Float32Array | null = null;
  for (const [batch, merging, arithmetic] of [
    [1, 0, 'float32'],
    [4, 0, 'float32'],
    [1, 4, 'float32'],
    [1, 6, 'float32'],
    [1, 7, 'float32'],
    [1, 8, 'float32'],
    [1, 0, 'int8'],
    [4, 0, 'int8'],
    [1, 7, 'int8'],
  ] as const) {
    const { imageSize } = clipH14.image;
    const images = input('image', [batch, 3, imageSize, imageSize]);
    const embedding = clipImageEmbedding(p, images, clipH14.image, merging);
    const made = program('tower', { inputs: [images], outputs: { embedding } });
    const merged = merging === 0 ? '' : `, ${merging} merged a layer`;
    const name = `tower, ${batch} at once${merged}${arithmetic === 'int8' ? ', int8' : ''}`;
    const found = await measure(name, made, batch, arithmetic);
    exact ??= found;
    cosines[name] = cosine(found.subarray(0, exact.length), exact);
  }
}

/** Medians over the rounds after the first; the first output, to compare. @param share of the work that counts as one */
async function measure(
  name: string,
  made: Program,
  share = 1,
  arithmetic: Arithmetic = 'float32',
): Promise<Float32Array> {
  const feeds = Object.fromEntries(
    made.inputs.map(({ name: port, shape }) => {
      const values = port === 'timestep' ? Float32Array.of(500) : gaussianNoise(elementCount(shape), 1);
      return [port, tensor(shape, values)];
    }),
  );
  const opening = performance.now();
  const session = await engine.compile(made, { arithmetic });
  const openSeconds = (performance.now() - opening) / 1000;
  const first = floats(Object.values(await session.run(feeds))[0]!).slice();
  const runs: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    await session.run(feeds);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    runs.push({ seconds: seconds / share, cpuSeconds: (user + system) / 1e6 / share });
  }
  await session.close();
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  costs[name] = {
    seconds: median(runs.map((run) => run.seconds)),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
  };
  process.stdout.write(
    `${name}: ${costs[name].seconds.toFixed(3)} s, ${costs[name].cpuSeconds.toFixed(3)} s of processor, opened in ${openSeconds.toFixed(1)} s\n`,
  );
  return first;
}

/** Processor seconds of denoising one window: what each step asks for, at the costs that were measured. */
function windowSeconds(steps: number, speed: SpeedSettings): number {
  const kept = new Map<string, number>();
  let seconds = 0;
  for (let index = 0; index < steps; index++) {
    const position = { index, count: steps };
    const interval = { from: speed.guidanceFrom, until: speed.guidanceUntil };
    const middle = (index + 0.5) / steps;
    const steers = middle >= speed.timingFrom && middle < speed.timingUntil;
    for (const { conditionSet } of guidanceTerms({ mode: 'joint', scale: 7.5, interval }, position)) {
      const renewed = index - (index % speed.reuseInterval);
      const isWhole =
        speed.reuseInterval === 1 || index === renewed || (kept.get(conditionSet) ?? -1) < renewed;
      if (isWhole) kept.set(conditionSet, index);
      const whole = steers ? 'step' : 'step without timing';
      const shallow = steers
        ? `step reusing, depth ${speed.reuseDepth}`
        : `step reusing without timing, depth ${speed.reuseDepth}`;
      // processor seconds: other work on the machine changes them least
      seconds += costs[isWhole ? whole : shallow]?.cpuSeconds ?? Number.NaN;
    }
  }
  return seconds;
}

function report(): void {
  const variants: [string, number, Partial<SpeedSettings>][] = [
    ['exact', 20, {}],
    ['10 steps', 10, {}],
    ['15 steps', 15, {}],
    ['guidance 0 to 0.5', 20, { guidanceUntil: 0.5 }],
    ['guidance 0 to 0.7', 20, { guidanceUntil: 0.7 }],
    ['guidance 0 to 0.85', 20, { guidanceUntil: 0.85 }],
    ['guidance 0.1 to 0.7', 20, { guidanceFrom: 0.1, guidanceUntil: 0.7 }],
    ['guidance 0.2 to 0.8', 20, { guidanceFrom: 0.2, guidanceUntil: 0.8 }],
    ['guidance 0.3 to 1', 20, { guidanceFrom: 0.3 }],
    ...[2, 3, 5].flatMap((reuseInterval) =>
      [0, 2].map((reuseDepth): [string, number, Partial<SpeedSettings>] => [
        `reuse ${reuseInterval}, depth ${reuseDepth}`,
        20,
        { reuseInterval, reuseDepth },
      ]),
    ),
    ['timing 0 to 0.5', 20, { timingUntil: 0.5 }],
    ['timing 0 to 0.7', 20, { timingUntil: 0.7 }],
    ['timing 0 to 0.85', 20, { timingUntil: 0.85 }],
    ['guidance 0 to 0.7, reuse 2', 20, { guidanceUntil: 0.7, reuseInterval: 2, reuseDepth: 2 }],
    ['guidance 0 to 0.7, reuse 3', 20, { guidanceUntil: 0.7, reuseInterval: 3, reuseDepth: 2 }],
    ['guidance 0 to 0.7, 15 steps', 15, { guidanceUntil: 0.7 }],
  ];
  const exact = windowSeconds(20, exactSpeed);
  process.stdout.write(
    '\n| denoising a window of 10.24 s | processor seconds | times faster |\n|---|--:|--:|\n',
  );
  for (const [name, steps, fields] of variants) {
    const seconds = windowSeconds(steps, { ...exactSpeed, ...fields });
    process.stdout.write(`| ${name} | ${seconds.toFixed(1)} | ${(exact / seconds).toFixed(2)} |\n`);
  }
  process.stdout.write(
    '\n| program | seconds | processor | cosine to the whole tower |\n|---|--:|--:|--:|\n',
  );
  for (const [name, { seconds, cpuSeconds }] of Object.entries(costs))
    process.stdout.write(
      `| ${name} | ${seconds.toFixed(3)} | ${cpuSeconds.toFixed(3)} | ${cosines[name]?.toFixed(4) ?? ''} |\n`,
    );
}

async function drawnFrameAdapter(): Promise<Parameters> {
  const build = (p: Parameters) => {
    const embeddings = input('embeddings', [1, 2, config.frameAdapter.embeddingDim]);
    const tokens = frameTokens(p.at('image_proj'), embeddings, input('times', [1, 2]), config.frameAdapter);
    return frameKeysValues(p.at('ip_adapter'), tokens, crossAttentionSites(config.unet));
  };
  const shapes = collectParameters(build);
  const values = initialiseParameters(shapes, 1);
  const path = join(folder, 'frame_adapter.safetensors');
  await writeSafetensors(
    path,
    shapes.map(({ key, shape }) => [key, tensor(shape, values.get(key)!)] as const),
  );
  return frozenParameters(await openSafetensors(path));
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
