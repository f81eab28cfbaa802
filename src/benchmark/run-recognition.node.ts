/** @file How often a classifier that never heard the model names what the model was asked for, class by class. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { labelOf } from '../data/captions.js';
import { SOUND_CLASSES } from '../data/sound-classes.js';
import { openSoundLibrary } from '../data/sound-library.node.js';
import { createSampler } from '../diffusion/create-sampler.js';
import { denoise } from '../diffusion/denoise.js';
import { deriveSeed, gaussianNoise } from '../diffusion/noise.js';
import { createNoiseSchedule } from '../diffusion/noise-schedule.js';
import { createOrtEngine } from '../engine/ort-engine.node.js';
import { writeFileAtomic } from '../files/atomic-file.node.js';
import { openStations } from '../foley/open-stations.node.js';
import { parseRequest } from '../foley/request.js';
import { type SpeedSettings, savingsOf, speedFields, speedOf } from '../foley/speed.js';
import type { Synthesizer } from '../foley/stations.js';
import { openSoundNamer } from './name-sound.node.js';

export const recognitionOptions = z.strictObject({
  model: z.string().min(1).default('small'),
  taggerFile: z.string().min(1),
  /** Recordings with their manifest; the val split gives the ceiling. */
  audioFolder: z.string().min(1),
  cacheFolder: z.string().min(1),
  outFolder: z.string().min(1),
  /** Sounds made for each class. */
  perClass: z.int().min(1).max(1000).default(6),
  seed: z.int().min(0).default(0),
  steps: z.int().min(1).max(1000).default(20),
  /** Null is the model's own. */
  guidance: z.number().min(0).max(30).nullable().default(null),
  /** Accelerations, where they are not to be the model's own. */
  speed: z.strictObject(speedFields).partial().default({}),
  threads: z.int().min(1).nullable().default(null),
});

export interface ClassRecognition {
  readonly classId: string;
  readonly label: string;
  readonly made: { readonly count: number; readonly first: number; readonly inThree: number };
  /** The same judge on real recordings that neither it nor the model was trained on; null without any. */
  readonly recorded: { readonly count: number; readonly first: number; readonly inThree: number } | null;
}

/** Makes sounds from labels alone, names them, and writes `recognition.json` and `recognition.md`. */
export async function runRecognition(
  options: z.input<typeof recognitionOptions>,
  onProgress?: (done: number, total: number) => void,
): Promise<ClassRecognition[]> {
  const settings = recognitionOptions.parse(options);
  await mkdir(settings.outFolder, { recursive: true });
  const request = parseRequest({
    ...settings.speed,
    video: '-',
    label: '-',
    model: settings.model,
    threads: settings.threads,
    cacheDir: 'none',
  });
  const stations = await openStations(request);
  const speed = speedOf(request, stations.speedDefaults);
  const strength = { steps: settings.steps, guidance: settings.guidance ?? stations.defaults.guidance };
  const judge = createOrtEngine(settings.threads === null ? {} : { threads: settings.threads });
  try {
    const namer = await openSoundNamer(settings.taggerFile, stations.mel, judge);
    const library = await openSoundLibrary(settings);
    const rows: ClassRecognition[] = [];
    for (const [index, soundClass] of SOUND_CLASSES.entries()) {
      const label = labelOf(soundClass);
      const made: number[] = [];
      for (let item = 0; item < settings.perClass; item++) {
        const seed = deriveSeed(settings.seed, { item: index * settings.perClass + item, window: 0 });
        const samples = await soundOf(stations.synthesizer, label, seed, strength, speed);
        made.push(namer.rankOf(await namer.logits(samples), soundClass.id));
      }
      const recorded: number[] = [];
      for (const sound of library.sounds) {
        if (sound.row.split !== 'val' || sound.soundClass.id !== soundClass.id) continue;
        const samples = Float32Array.from(sound.samples, (value) => value * sound.scale);
        recorded.push(namer.rankOf(await namer.logits(samples), soundClass.id));
      }
      rows.push({
        classId: soundClass.id,
        label,
        made: shares(made),
        recorded: recorded.length === 0 ? null : shares(recorded),
      });
      onProgress?.(index + 1, SOUND_CLASSES.length);
    }
    await writeFileAtomic(
      join(settings.outFolder, 'recognition.json'),
      Buffer.from(`${JSON.stringify({ settings, rows }, null, 2)}\n`),
    );
    await writeFileAtomic(join(settings.outFolder, 'recognition.md'), Buffer.from(recognitionMarkdown(rows)));
    return rows;
  } finally {
    await stations.close();
    await judge.close();
  }
}

/** One window of sound from a label, without any picture. */
async function soundOf(
  synthesizer: Synthesizer,
  label: string,
  seed: number,
  { steps, guidance }: { readonly steps: number; readonly guidance: number },
  speed: SpeedSettings,
): Promise<Float32Array> {
  const [prompt, negative] = await synthesizer.textStates([label, '']);
  const { interval, economy } = savingsOf(speed);
  const conditions = { prompt: prompt!, negative: negative!, frames: null, timing: null };
  const denoiser = await synthesizer.denoiser(conditions, economy);
  const [channels, rows, columns] = synthesizer.latentShape;
  const latents = await denoise({
    latents: gaussianNoise(channels * rows * columns, seed),
    sampler: createSampler(
      { name: 'dpm-solver++' },
      { schedule: createNoiseSchedule(synthesizer.noiseSchedule), prediction: synthesizer.prediction, steps },
    ),
    guidance: { mode: 'joint', scale: guidance, interval },
    predict: (noisy, timestep, set, step) => denoiser.predict(noisy, timestep, set, step),
  });
  return synthesizer.vocode(await synthesizer.decode(latents));
}

function shares(ranks: readonly number[]): { count: number; first: number; inThree: number } {
  const share = (limit: number) => ranks.filter((rank) => rank < limit).length / ranks.length;
  return { count: ranks.length, first: share(1), inThree: share(3) };
}

/** Best recognised classes first. */
export function recognitionMarkdown(rows: readonly ClassRecognition[]): string {
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  const sorted = [...rows].sort((a, b) => b.made.first - a.made.first || b.made.inThree - a.made.inThree);
  return [
    '| label | sounds made | named right | in first 3 | val recordings | named right | in first 3 |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...sorted.map(
      ({ label, made, recorded }) =>
        `| ${[label, made.count, percent(made.first), percent(made.inThree), recorded?.count ?? 0, recorded === null ? '–' : percent(recorded.first), recorded === null ? '–' : percent(recorded.inThree)].join(' | ')} |`,
    ),
    '',
  ].join('\n');
}
