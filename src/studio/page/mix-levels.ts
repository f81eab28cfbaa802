/** @file How loud each part of the mix is heard: gain, mute and solo. */

export interface Channel {
  readonly id: string;
  readonly gainDb: number;
  readonly isMuted: boolean;
  readonly isSolo: boolean;
}

export function dbToFactor(db: number): number {
  return 10 ** (db / 20);
}

/** A solo anywhere silences the rest; a muted one stays silent even then. */
export function isHeard(channel: Channel, all: readonly Channel[]): boolean {
  if (channel.isMuted) return false;
  return channel.isSolo || !all.some((other) => other.isSolo);
}

/** The factor of each channel, by id. */
export function mixFactors(channels: readonly Channel[]): Map<string, number> {
  return new Map(
    channels.map((channel) => [channel.id, isHeard(channel, channels) ? dbToFactor(channel.gainDb) : 0]),
  );
}
