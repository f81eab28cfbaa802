/** @file Keeps the muted picture with the sound: small drifts by speed, large ones by a jump. */

/** What is used of a video element. */
export interface Picture {
  currentTime: number;
  playbackRate: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  play(): Promise<void>;
  pause(): void;
}

/** Beyond this the picture jumps. */
const jumpSeconds = 0.2;
/** Below this it is left alone: less than half a frame at 30 a second. */
const looseSeconds = 0.016;
/** How strongly speed corrects a drift; a drift of 0.1 s then takes some half a second. */
const pull = 1.5;
const largestCorrection = 0.25;

/**
 * Brings the picture to where the sound is. Called for every frame that the screen shows.
 * @param rate 0 while stopped; negative runs backwards by stepping
 */
export function followSound(picture: Picture, seconds: number, rate: number): void {
  if (rate <= 0) {
    if (!picture.paused) picture.pause();
    if (!picture.seeking && Math.abs(picture.currentTime - seconds) > 1e-4) picture.currentTime = seconds;
    return;
  }
  if (picture.paused) {
    picture.currentTime = seconds;
    // a play that a pause overtakes is refused; the next frame asks again
    void picture.play().catch(() => undefined);
    return;
  }
  picture.playbackRate = rate * speedFor(picture.currentTime - seconds);
  if (!picture.seeking && Math.abs(picture.currentTime - seconds) > jumpSeconds * Math.max(1, rate))
    picture.currentTime = seconds;
}

/** Factor of the speed for a picture that is ahead by so many seconds. */
export function speedFor(aheadSeconds: number): number {
  if (Math.abs(aheadSeconds) < looseSeconds) return 1;
  return 1 - Math.min(largestCorrection, Math.max(-largestCorrection, aheadSeconds * pull));
}
