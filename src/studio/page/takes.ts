/** @file The takes of a session: every one that was made stays; it can be named, kept, set aside and brought back. */

/** `open` until somebody decides. A discarded take is hidden, not gone. */
export type TakeVerdict = 'open' | 'kept' | 'discarded';

export interface Take {
  /** Of the job that makes it: one job, one take. */
  readonly jobId: string;
  readonly trackId: string;
  /** From 1 in its track; never given twice. */
  readonly number: number;
  readonly name: string;
  readonly verdict: TakeVerdict;
}

/** Adds takes that are being made, each with the next number of its track. */
export function addTakes(takes: readonly Take[], trackId: string, jobIds: readonly string[]): Take[] {
  const known = new Set(takes.map((take) => take.jobId));
  const last = Math.max(0, ...takes.filter((take) => take.trackId === trackId).map((take) => take.number));
  const added = jobIds
    .filter((jobId) => !known.has(jobId))
    .map((jobId, index): Take => {
      const number = last + 1 + index;
      return { jobId, trackId, number, name: `Take ${number}`, verdict: 'open' };
    });
  return [...takes, ...added];
}

/** A name for people; an empty one puts the number back. */
export function nameTake(takes: readonly Take[], jobId: string, name: string): Take[] {
  const words = name.trim().slice(0, longestName);
  return changed(takes, jobId, (take) => ({
    ...take,
    name: words === '' ? `Take ${take.number}` : words,
  }));
}

/** The same verdict again takes it back. */
export function judgeTake(takes: readonly Take[], jobId: string, verdict: TakeVerdict): Take[] {
  return changed(takes, jobId, (take) => ({
    ...take,
    verdict: take.verdict === verdict ? 'open' : verdict,
  }));
}

/** Those on the list of a track, in the order in which they were made. */
export function listedTakes(takes: readonly Take[], trackId: string, withDiscarded: boolean): Take[] {
  return takes.filter((take) => take.trackId === trackId && (withDiscarded || take.verdict !== 'discarded'));
}

/** `count` seeds from `base` on that are not used yet: the same seed again would be the same sound again. */
export function freshSeeds(base: number, count: number, used: ReadonlySet<number>): number[] {
  const seeds: number[] = [];
  for (let seed = base; seeds.length < count; seed = (seed + 1) % seedCount)
    if (!used.has(seed)) seeds.push(seed);
  return seeds;
}

function changed(takes: readonly Take[], jobId: string, change: (take: Take) => Take): Take[] {
  return takes.map((take) => (take.jobId === jobId ? change(take) : take));
}

const longestName = 60;
const seedCount = 2 ** 32;
