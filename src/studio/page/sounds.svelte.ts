/** @file The sounds that the page has fetched: samples for the player, extremes and spectrograms for the lanes. */
import { decodeWav } from '../../audio/wav-reader.js';
import type { MelAnswer, MelQuestion } from './mel-worker.js';
import { measurePeaks, type Peaks } from './peaks.js';
import type { LoadedSound, Player } from './player.js';

/** A sound as lanes draw it. */
export interface DrawnSound {
  readonly peaks: Peaks;
  readonly durationSeconds: number;
}

/** A spectrogram as a picture: as wide as it has columns, the highest band at the top. */
export interface DrawnMel {
  readonly image: ImageBitmap;
  readonly durationSeconds: number;
}

export class Sounds {
  readonly #player: Player;
  readonly #worker: Worker;
  readonly #samples = new Map<string, LoadedSound>();
  readonly #waiting = new Map<string, AbortController>();
  readonly #melVersion = new Map<string, number>();
  drawn = $state.raw<ReadonlyMap<string, DrawnSound>>(new Map());
  mels = $state.raw<ReadonlyMap<string, DrawnMel>>(new Map());

  constructor(player: Player, worker: Worker) {
    this.#player = player;
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<MelAnswer>) => {
      if (this.#melVersion.get(data.id) !== data.version) return; // overtaken
      this.mels = new Map(this.mels).set(data.id, data);
    });
  }

  samplesOf(id: string): LoadedSound | undefined {
    return this.#samples.get(id);
  }

  /** Fetches a WAV once. @throws what the network or the file is at fault with */
  async loadWav(id: string, url: string): Promise<void> {
    if (this.#samples.has(id) || this.#waiting.has(id)) return;
    const abort = new AbortController();
    this.#waiting.set(id, abort);
    try {
      const response = await fetch(url, { signal: abort.signal });
      if (!response.ok) throw new Error(`the sound could not be fetched (${response.status})`);
      const wave = decodeWav(new Uint8Array(await response.arrayBuffer()));
      if (!abort.signal.aborted) this.put(id, wave, true);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Decodes the sound of a clip with the browser's own codecs. @returns false where there is none it can decode */
  async loadOfClip(id: string, url: string, signal: AbortSignal): Promise<boolean> {
    const response = await fetch(url, { signal });
    const bytes = await response.arrayBuffer();
    const decoder = new OfflineAudioContext(1, 1, decodedRateHz);
    const buffer = await decoder.decodeAudioData(bytes).catch(() => null);
    if (buffer === null || signal.aborted) return false;
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) =>
      buffer.getChannelData(index),
    );
    this.put(id, { sampleRateHz: buffer.sampleRate, channels }, true);
    return true;
  }

  /** @param isPlayed false for sounds that are drawn only, as the mix is */
  put(id: string, sound: LoadedSound, isPlayed: boolean): void {
    this.#samples.set(id, sound);
    const mono = sound.channels.length === 1 ? sound.channels[0]! : mixedDown(sound.channels);
    const durationSeconds = mono.length / sound.sampleRateHz;
    if (isPlayed) this.#player.add(id, sound);
    this.drawn = new Map(this.drawn).set(id, {
      peaks: measurePeaks(mono, sound.sampleRateHz),
      durationSeconds,
    });
    const version = (this.#melVersion.get(id) ?? 0) + 1;
    this.#melVersion.set(id, version);
    const question: MelQuestion = { id, version, samples: mono.slice(), sampleRateHz: sound.sampleRateHz };
    this.#worker.postMessage(question, [question.samples.buffer]);
  }

  /** A new clip: everything goes. */
  clear(): void {
    for (const abort of this.#waiting.values()) abort.abort();
    for (const id of this.#samples.keys()) this.#player.remove(id);
    this.#samples.clear();
    this.#melVersion.clear();
    this.drawn = new Map();
    this.mels = new Map();
  }
}

/** The rate at which a clip's own sound is decoded; what loudspeakers have. */
const decodedRateHz = 48_000;

function mixedDown(channels: readonly Float32Array[]): Float32Array {
  const mono = new Float32Array(channels[0]!.length);
  for (const channel of channels)
    for (let index = 0; index < mono.length; index++) mono[index]! += channel[index]! / channels.length;
  return mono;
}
