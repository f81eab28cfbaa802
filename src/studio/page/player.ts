/** @file Sound through the browser's audio graph: every sound runs along, and what is not to be heard is turned down. */
import type { Span } from './spans.js';

/** Samples with a rate; as long as the clip. */
export interface LoadedSound {
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

interface Voice {
  readonly buffer: AudioBuffer;
  readonly gain: GainNode;
  readonly panner: StereoPannerNode;
  source: AudioBufferSourceNode | null;
}

/** Long enough that a switch does not click, short enough that nobody hears a gap. */
const switchSeconds = 0.008;

/**
 * Since all takes run at once and only their gains differ, switching between takes changes nothing about the playhead
 * and has no gap.
 */
export class Player {
  readonly #voices = new Map<string, Voice>();
  #context: AudioContext | null = null;
  #running: {
    readonly fromSeconds: number;
    readonly startClock: number;
    readonly rate: number;
    readonly loop: Span | null;
  } | null = null;

  /** Seconds of the clock that sound follows; that of the machine before there is sound. */
  clock(): number {
    return this.#context?.state === 'running' ? this.#context.currentTime : performance.now() / 1000;
  }

  /** How much later than the clock a sound leaves the loudspeaker. */
  latencySeconds(): number {
    return this.#context?.outputLatency || 0;
  }

  /** Wakes the sound card; browsers allow it only after a key or a click. */
  async wake(): Promise<void> {
    await this.#open().resume();
  }

  has(id: string): boolean {
    return this.#voices.has(id);
  }

  /** Adds a sound; one that plays already goes on, and the new one joins at the same place. */
  add(id: string, { sampleRateHz, channels }: LoadedSound): void {
    const context = this.#open();
    const length = Math.max(1, channels[0]?.length ?? 0);
    const buffer = context.createBuffer(channels.length, length, sampleRateHz);
    for (const [index, channel] of channels.entries())
      buffer.copyToChannel(channel as Float32Array<ArrayBuffer>, index);
    const gain = context.createGain();
    gain.gain.value = 0;
    const panner = context.createStereoPanner();
    gain.connect(panner).connect(context.destination);
    const voice: Voice = { buffer, gain, panner, source: null };
    this.remove(id);
    this.#voices.set(id, voice);
    if (this.#running) this.#startVoice(voice, this.#placeNow());
  }

  remove(id: string): void {
    const voice = this.#voices.get(id);
    if (!voice) return;
    this.#stopVoice(voice);
    voice.panner.disconnect();
    this.#voices.delete(id);
  }

  /** How loud each sound is; sounds without a factor are silent. */
  setLevels(levels: ReadonlyMap<string, { readonly factor: number; readonly pan: number }>): void {
    const context = this.#context;
    if (!context) return;
    for (const [id, { gain, panner }] of this.#voices) {
      const level = levels.get(id);
      gain.gain.setTargetAtTime(level?.factor ?? 0, context.currentTime, switchSeconds / 3);
      panner.pan.setTargetAtTime(level?.pan ?? 0, context.currentTime, switchSeconds / 3);
    }
  }

  /** @param rate above 0; sound does not run backwards */
  start(fromSeconds: number, rate: number, loop: Span | null): void {
    this.stop();
    this.#running = { fromSeconds, startClock: this.#open().currentTime, rate, loop };
    for (const voice of this.#voices.values()) this.#startVoice(voice, fromSeconds);
  }

  stop(): void {
    this.#running = null;
    for (const voice of this.#voices.values()) this.#stopVoice(voice);
  }

  /** Ids of the sounds that are heard, and their factors; for tests of the page. */
  levels(): Record<string, number> {
    return Object.fromEntries([...this.#voices].map(([id, { gain }]) => [id, gain.gain.value]));
  }

  #open(): AudioContext {
    this.#context ??= new AudioContext({ latencyHint: 'interactive' });
    return this.#context;
  }

  #placeNow(): number {
    const { fromSeconds, startClock, rate, loop } = this.#running!;
    const free = fromSeconds + (this.#open().currentTime - startClock) * rate;
    if (!loop || free < loop.endSeconds) return free;
    return loop.startSeconds + ((free - loop.startSeconds) % (loop.endSeconds - loop.startSeconds));
  }

  #startVoice(voice: Voice, fromSeconds: number): void {
    const { rate, loop } = this.#running!;
    if (fromSeconds >= voice.buffer.duration && !loop) return;
    const source = this.#open().createBufferSource();
    source.buffer = voice.buffer;
    source.playbackRate.value = rate;
    if (loop) {
      source.loop = true;
      source.loopStart = loop.startSeconds;
      source.loopEnd = Math.min(loop.endSeconds, voice.buffer.duration);
    }
    source.connect(voice.gain);
    source.start(0, Math.min(fromSeconds, voice.buffer.duration));
    voice.source = source;
  }

  #stopVoice(voice: Voice): void {
    voice.source?.stop();
    voice.source?.disconnect();
    voice.source = null;
  }
}
