/** @file The transport of the page: one clock for sound, picture and playhead. */
import { type FrameGrid, stepFrames } from './frame-grid.js';
import { followSound } from './picture-sync.js';
import { Player } from './player.js';
import type { Span } from './spans.js';
import * as transport from './transport.js';

export class Playback {
  readonly player = new Player();
  picture: HTMLVideoElement | null = null;
  #transport = $state.raw(transport.stopped(0));
  /** Where the playhead is, as of the last frame on screen. */
  seconds = $state(0);
  #ticking = false;

  get isPlaying(): boolean {
    return this.#transport.isPlaying;
  }

  get rate(): number {
    return this.#transport.isPlaying ? this.#transport.rate : 0;
  }

  get loop(): Span | null {
    return this.#transport.loop;
  }

  /** A new clip. */
  reset(durationSeconds: number): void {
    this.player.stop();
    this.#apply(transport.stopped(durationSeconds));
  }

  async toggle(): Promise<void> {
    if (this.isPlaying) this.pause();
    else await this.play();
  }

  async play(): Promise<void> {
    await this.player.wake();
    this.#apply(transport.play(this.#transport, this.player.clock()));
  }

  pause(): void {
    this.#apply(transport.pause(this.#transport, this.player.clock()));
  }

  async shuttle(key: 'j' | 'k' | 'l'): Promise<void> {
    await this.player.wake();
    this.#apply(transport.shuttle(this.#transport, this.player.clock(), key));
  }

  seek(seconds: number): void {
    this.#apply(transport.seek(this.#transport, this.player.clock(), seconds));
  }

  step(grid: FrameGrid, frames: number): void {
    if (this.isPlaying) this.pause();
    this.seek(stepFrames(grid, this.seconds, frames));
  }

  setLoop(loop: Span | null): void {
    this.#apply(transport.setLoop(this.#transport, this.player.clock(), loop));
  }

  #apply(next: transport.Transport): void {
    const before = this.#transport;
    this.#transport = next;
    this.seconds = transport.positionAt(next, this.player.clock());
    if (next.isPlaying && next.rate > 0) this.player.start(this.seconds, next.rate, next.loop);
    else if (before.isPlaying) this.player.stop();
    this.#follow();
    if (!this.#ticking) this.#tick();
  }

  #tick = (): void => {
    const clock = this.player.clock();
    if (transport.isAtEnd(this.#transport, clock)) this.pause();
    this.seconds = transport.positionAt(this.#transport, clock);
    this.#follow();
    this.#ticking = this.#transport.isPlaying || (this.picture?.seeking ?? false);
    if (this.#ticking) requestAnimationFrame(this.#tick);
  };

  #follow(): void {
    if (!this.picture) return;
    const late = this.rate > 0 ? this.player.latencySeconds() * this.rate : 0;
    followSound(this.picture, Math.max(0, this.seconds - late), this.rate);
  }
}
