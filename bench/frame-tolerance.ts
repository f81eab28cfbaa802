/**
 * @file How many pictures of real clips count as distinct at each tolerance, and what sharing embeddings, or looking less
 * often, does to them: the cosine of the embedding that a frame gets to its own, by the small model's image encoder.
 *
 *   npx tsx bench/frame-tolerance.ts CLIP... [--seconds N]
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type EncoderFrame, interpolateEmbeddings } from '../src/conditions/frame-embeddings.js';
import { openClipFile, openSeeingStations } from '../src/foley/open-stations.node.js';
import { parseRequest } from '../src/foley/request.js';
import { resolveRequest } from '../src/foley/resolve-request.node.js';
import { largestBlockDifference } from '../src/video/picture-difference.js';
import type { RgbFrame } from '../src/video/rgb-frame.js';

const { values: options, positionals: clips } = parseArgs({
  options: { seconds: { type: 'string', default: '10.24' } },
  allowPositionals: true,
});
const tolerances = [0, 1, 2, 3, 5, 8, 12, 20];
const looks = [10, 5, 2, 1];
const framesPerSecond = 30;

process.stdout.write(`| clip | frames | ${tolerances.map((t) => `at ${t}`).join(' | ')} |\n`);
process.stdout.write(`|---|--:|${tolerances.map(() => '--:|').join('')}\n`);
const shares: number[][] = tolerances.map(() => []);
const cosines: number[][] = tolerances.map(() => []);
const lookLines: string[] = [];
for (const path of clips) {
  await readFile(path); // an absent clip is named before anything is opened
  const request = await resolveRequest(parseRequest({ video: path, label: '-', cacheDir: 'none' }));
  const stations = await openSeeingStations(request);
  const clip = await openClipFile(path);
  try {
    const pictures: RgbFrame[] = [];
    for await (const frame of clip.frames({
      startSeconds: 0,
      endSeconds: Math.min(Number(options.seconds), clip.facts.durationSeconds),
      framesPerSecond,
      fit: { kind: 'shortest-side', pixels: stations.encoder.imageSize },
    }))
      pictures.push({ ...frame, data: frame.data.slice() });
    const { data, width } = await stations.encoder.embedFrames(streamOf(pictures));
    const cells = tolerances.map((tolerance, at) => {
      const seen = seenAt(pictures, tolerance);
      const distinct = new Set(seen).size;
      const alike = seen.map((index, frame) => cosine(row(data, width, index), row(data, width, frame)));
      shares[at]!.push(distinct / pictures.length);
      cosines[at]!.push(...alike);
      return `${distinct} (${Math.min(...alike).toFixed(3)})`;
    });
    process.stdout.write(`| ${basename(path)} | ${pictures.length} | ${cells.join(' | ')} |\n`);
    const lookCells = looks.map((perSecond) => {
      const guessed = interpolated({ data, width }, pictures.length, framesPerSecond / perSecond);
      const alike = pictures.map((_, frame) => cosine(row(guessed, width, frame), row(data, width, frame)));
      return `${mean(alike).toFixed(4)} (${Math.min(...alike).toFixed(3)})`;
    });
    const change = pictures.map((_, frame) =>
      cosine(row(data, width, Math.max(0, frame - framesPerSecond)), row(data, width, frame)),
    );
    lookLines.push(`| ${basename(path)} | ${lookCells.join(' | ')} | ${mean(change).toFixed(4)} |`);
  } finally {
    clip.close();
    await stations.close();
  }
}
process.stdout.write(`| mean share seen | | ${shares.map((s) => mean(s).toFixed(2)).join(' | ')} |\n`);
process.stdout.write(`| mean cosine | | ${cosines.map((c) => mean(c).toFixed(4)).join(' | ')} |\n`);
process.stdout.write(
  '\nDistinct pictures, in brackets the least cosine of a shared embedding to the own.\n\n',
);
process.stdout.write(
  `| clip | ${looks.map((l) => `${l} looks a second`).join(' | ')} | to one second before |\n`,
);
process.stdout.write(`|---|${looks.map(() => '--:|').join('')}--:|\n${lookLines.join('\n')}\n`);
process.stdout.write('\nMean cosine of the interpolated embedding to the own, in brackets the least.\n');

/** For each picture, the one whose embedding it gets: as `embedClip` chooses. */
function seenAt(pictures: readonly RgbFrame[], tolerance: number): number[] {
  let reference = 0;
  return pictures.map((picture, index) => {
    if (index > 0 && largestBlockDifference(pictures[reference]!, picture, tolerance) > tolerance)
      reference = index;
    return reference;
  });
}

/** Embeddings as looks every so many frames would give them. */
function interpolated(
  { data, width }: { readonly data: Float32Array; readonly width: number },
  frames: number,
  stride: number,
): Float32Array {
  const seen = Array.from({ length: Math.ceil(frames / stride) }, (_, look) => Math.round(look * stride));
  const known = {
    timesSeconds: Float64Array.from(seen),
    width,
    data: Float32Array.from(seen.flatMap((frame) => [...row(data, width, frame)])),
  };
  return interpolateEmbeddings(
    known,
    Float64Array.from({ length: frames }, (_, frame) => frame),
  ).data;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function* streamOf(pictures: readonly RgbFrame[]): AsyncGenerator<EncoderFrame> {
  yield* pictures;
}

function row(data: Float32Array, width: number, index: number): Float32Array {
  return data.subarray(index * width, (index + 1) * width);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
