/** @file Makes the sound of any system for a scene; what several systems need is opened and computed once. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeWav } from '../../audio/wav-reader.js';
import { createWave, type Wave } from '../../audio/wave.js';
import type { TimeSpan } from '../../conditions/timeline.js';
import type { PictureStore } from '../../data/picture-store.node.js';
import type { Scene } from '../../data/scene.js';
import type { SceneTruth } from '../../data/scene-sound.js';
import type { SoundLibrary } from '../../data/sound-library.js';
import { vagueLabelOf } from '../../data/vague-labels.js';
import { deriveSeed } from '../../diffusion/noise.js';
import { createOrtEngine } from '../../engine/ort-engine.node.js';
import { FoleyError } from '../../errors/foley-error.js';
import { generate } from '../../foley/generate.js';
import { levelSound } from '../../foley/level-sound.js';
import { type Closable, openStations } from '../../foley/open-stations.node.js';
import { StageClock } from '../../foley/progress.js';
import { type FoleyRequest, type FoleyRequestInput, parseRequest } from '../../foley/request.js';
import { seeClip } from '../../foley/see-clip.js';
import { type SettledRequest, withModelDefaults } from '../../foley/settled-request.js';
import type { Clip, FoleyStations } from '../../foley/stations.js';
import { sceneClip } from '../scene-source.node.js';
import type { ReportOptions } from './options.js';
import { energyFrames, energyTiming } from './picture-energy.js';
import { openReconstruction, type Reconstruction } from './reconstruction.node.js';
import { drawRecording, playRecording } from './sampler.js';
import { fullyActing, type ModelSystem, type SystemId, systems } from './systems.js';

/** A scene of the benchmark with its number, from 0, which decides the seed of its sounds. */
export interface SceneToSound {
  readonly index: number;
  readonly scene: Scene;
  readonly truth: SceneTruth;
}

export interface SoundMaker {
  make(system: SystemId, scene: SceneToSound): Promise<Wave>;
  /** Names the files of the models that have been opened so far, by the sums of their contents. */
  readonly provenance: ReadonlyMap<string, FoleyStations['provenance']>;
  close(): Promise<void>;
}

const followed = { dynamics: 1, doppler: 1, pan: 1 } as const;

type OpenStations = Closable<FoleyStations>;

/** @param library null where no system asks for a recording */
export function createSoundMaker(
  options: ReportOptions,
  pictures: PictureStore,
  library: SoundLibrary | null,
): SoundMaker {
  return new Maker(options, pictures, library);
}

class Maker implements SoundMaker {
  readonly #options: ReportOptions;
  readonly #pictures: PictureStore;
  readonly #library: SoundLibrary | null;
  readonly #stations = new Map<ModelSystem['adapter'], OpenStations>();
  readonly #engine;
  #reconstruction: Reconstruction | null = null;
  readonly provenance = new Map<string, FoleyStations['provenance']>();

  constructor(options: ReportOptions, pictures: PictureStore, library: SoundLibrary | null) {
    this.#options = options;
    this.#pictures = pictures;
    this.#library = library;
    this.#engine = createOrtEngine(options.threads === null ? {} : { threads: options.threads });
  }

  async make(id: SystemId, target: SceneToSound): Promise<Wave> {
    const system = systems[id];
    switch (system.how) {
      case 'truth':
        return this.#trueSound(target, 'stereo.wav');
      case 'vocoder':
      case 'autoencoder':
        return this.#reconstruct(target, system.how);
      case 'sampler':
        return this.#sample(target);
      case 'model':
        return this.#generate(target, system);
    }
  }

  async close(): Promise<void> {
    await this.#reconstruction?.close();
    for (const stations of this.#stations.values()) await stations.close();
    await this.#engine.close();
  }

  async #trueSound({ scene }: SceneToSound, extension: string): Promise<Wave> {
    const path = join(this.#options.benchmarkFolder, `${scene.id}.${extension}`);
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new FoleyError('input-missing', `${path} cannot be read`, { cause });
    });
    return decodeWav(bytes, path);
  }

  async #reconstruct(target: SceneToSound, how: 'vocoder' | 'autoencoder'): Promise<Wave> {
    const truth = await this.#trueSound(target, 'wav');
    const stations = await this.#opened('own');
    this.#reconstruction ??= await openReconstruction(this.#modelRequest('own'), stations, this.#engine);
    const samples = truth.channels[0]!;
    const made =
      how === 'vocoder'
        ? await this.#reconstruction.throughVocoder(samples)
        : await this.#reconstruction.throughAutoencoder(samples);
    return createWave(truth.sampleRateHz, [made]);
  }

  async #generate(target: SceneToSound, system: ModelSystem): Promise<Wave> {
    const stations = await this.#opened(system.adapter);
    const clip = sceneClip(target.scene, this.#pictures);
    const spans = await this.#givenSpans(target, system, clip);
    const request = this.#settled(target, system, stations, clip, spans);
    for await (const take of generate({ request, clip, stations, clock: new StageClock(), hooks: {} }))
      return take.wave;
    throw new FoleyError('usage', `${target.scene.id}: no take was asked for`);
  }

  /** Null where the system sees for itself. */
  async #givenSpans(
    { scene, truth }: SceneToSound,
    system: ModelSystem,
    clip: Clip,
  ): Promise<readonly TimeSpan[] | null> {
    if (system.timing === 'seen') return null;
    if (system.timing === 'true') return truth.spans;
    const { framesPerSecond, ...size } = energyFrames;
    const frames = clip.frames({
      startSeconds: 0,
      endSeconds: scene.durationSeconds,
      framesPerSecond,
      fit: { kind: 'within', ...size },
    });
    return energyTiming(frames, scene.durationSeconds);
  }

  #settled(
    { index, scene }: SceneToSound,
    system: ModelSystem,
    stations: OpenStations,
    clip: Clip,
    spans: readonly TimeSpan[] | null,
  ): SettledRequest {
    const { labels, steps, guidance, seed } = this.#options;
    const label = labels === 'exact' ? scene.sound.label : vagueLabelOf(scene.sound.classId);
    const request = parseRequest({ video: clip.path, label, steps, guidance, ...system.fields });
    return withModelDefaults(
      {
        ...request,
        // a kind of thing would become what the clip shows of it: systems are told no more than the kind
        prompt: system.hasLabel ? (labels === 'vague' ? label : null) : '',
        seed: deriveSeed(seed, { item: index, window: 0 }),
        timing: spans === null ? null : { spans: [...spans], timesSeconds: [], similarity: [] },
        tracks: null,
      },
      { ...stations.defaults, ...fullyActing },
    );
  }

  /** A recording of the label's class, where and as the model sees the label. */
  async #sample(target: SceneToSound): Promise<Wave> {
    const library = this.#library;
    if (library === null) {
      throw new FoleyError('input-missing', 'the sampler needs recordings', {
        hint: 'Name their folder (--audio), or leave the system "sampler" out.',
      });
    }
    const { scene } = target;
    const stations = await this.#opened('own');
    const clip = sceneClip(scene, this.#pictures);
    const request = this.#settled(target, systems.motion as ModelSystem, stations, clip, null);
    const seen = await seeClip({ request, clip, stations, clock: new StageClock(), hooks: {} });
    const { timing, followed: motion } = seen.tracks[0]!;
    const recording = drawRecording(library, scene.sound.classId, scene.id);
    const spans = timing?.spans ?? [{ startSeconds: 0, endSeconds: scene.durationSeconds }];
    const wave = playRecording(recording, spans, motion?.path ?? null, scene.durationSeconds, scene.id);
    return levelSound(wave, request.loudness).wave;
  }

  #modelRequest(adapter: ModelSystem['adapter']): FoleyRequest {
    const { model, threads, outFolder, clipWise } = this.#options;
    if (adapter === 'clip-wise' && clipWise === null) {
      throw new FoleyError('usage', 'the clip-wise system needs a frame adapter of its own', {
        hint: 'Name it (--clip-wise), or leave the system "clip-wise" out.',
      });
    }
    const input: FoleyRequestInput = {
      video: '-',
      label: '-',
      model,
      threads,
      cacheDir: join(outFolder, 'cache'),
      // whatever a system may use is opened, be it on by default or not
      frameScale: 1,
      timingScale: 1,
      ...followed,
      ...(adapter === 'clip-wise' ? { frameAdapter: clipWise } : {}),
    };
    return parseRequest(input);
  }

  async #opened(adapter: ModelSystem['adapter']): Promise<OpenStations> {
    const known = this.#stations.get(adapter);
    if (known !== undefined) return known;
    const stations = await openStations(this.#modelRequest(adapter));
    this.#stations.set(adapter, stations);
    this.provenance.set(adapter, stations.provenance);
    return stations;
  }
}
