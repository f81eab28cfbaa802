/** @file What is said about a job: its stage, its place in the queue, the time left, its error. */
import type { Job, JobProgress } from '../../service/contract.js';

/** What happens in a stage, as a reader of a progress line wants it. */
export const stageNames: Readonly<Record<JobProgress['stage'], string>> = {
  open: 'opening the model',
  frames: 'looking at the frames',
  text: 'reading the label',
  denoise: 'making the sound',
  decode: 'decoding',
  vocode: 'turning it into a wave',
  write: 'writing files',
  mix: 'mixing',
};

export interface JobLine {
  readonly text: string;
  /** 0 to 1; null while nobody can say. */
  readonly fraction: number | null;
}

type JobState = Pick<Job, 'state' | 'queuePosition' | 'progress' | 'isCancelRequested' | 'error'>;

/** One line about a job as it stands. */
export function describeJob(job: JobState): JobLine {
  switch (job.state) {
    case 'queued':
      return { text: job.isCancelRequested ? 'cancelling' : queueWords(job.queuePosition), fraction: null };
    case 'running': {
      if (job.isCancelRequested) return { text: 'cancelling', fraction: null };
      if (job.progress === null) return { text: 'starting', fraction: null };
      const { stage, done, total, fraction, secondsLeft } = job.progress;
      const count = total > 1 ? ` ${done} of ${total}` : '';
      const left = secondsLeft === null ? '' : `, ${timeLeft(secondsLeft)}`;
      return { text: `${stageNames[stage]}${count}${left}`, fraction };
    }
    case 'succeeded':
      return { text: 'done', fraction: 1 };
    case 'cancelled':
      return { text: 'cancelled', fraction: null };
    case 'failed':
      return { text: job.error?.message ?? 'failed', fraction: null };
  }
}

function queueWords(position: number | null): string {
  if (position === null || position === 0) return 'next in the queue';
  return `waiting, ${position} ${position === 1 ? 'job' : 'jobs'} before it`;
}

/** Coarse on purpose: an estimate is no stopwatch. */
export function timeLeft(seconds: number): string {
  if (seconds < 1.5) return 'about a second left';
  if (seconds < 10) return `about ${Math.round(seconds)} s left`;
  if (seconds < 60) return `about ${Math.round(seconds / 5) * 5} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `about ${minutes} min left` : `about ${(minutes / 60).toFixed(1)} h left`;
}

export function isUnfinished(job: Pick<Job, 'state'>): boolean {
  return job.state === 'queued' || job.state === 'running';
}
