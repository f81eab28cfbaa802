/** @file The jobs of the session as the service tells them. */
import type { Job, JobOrderInput, ServiceEvent } from '../../service/contract.js';
import type { Backend } from './backend.js';
import { isUnfinished } from './job-words.js';

export class Jobs {
  readonly #backend: Backend;
  readonly #mine = new Set<string>();
  all = $state.raw<ReadonlyMap<string, Job>>(new Map());
  /** Called when a job of this session changes its state. */
  onChange: (job: Job) => void = () => undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get(jobId: string | null): Job | null {
    return jobId === null ? null : (this.all.get(jobId) ?? null);
  }

  get unfinished(): Job[] {
    return [...this.all.values()].filter(isUnfinished);
  }

  async order(order: JobOrderInput): Promise<Job> {
    const job = await this.#backend.order(order);
    this.#mine.add(job.id);
    this.#take(job);
    return job;
  }

  /** Fetches a job of an earlier visit. @returns null where the service has it no more */
  async recall(jobId: string): Promise<Job | null> {
    try {
      const job = await this.#backend.job(jobId);
      this.#mine.add(jobId);
      this.#take(job);
      return job;
    } catch {
      return null; // it was removed since; the take says so
    }
  }

  async cancel(jobId: string): Promise<void> {
    this.#take(await this.#backend.cancel(jobId));
  }

  /** Forgets what belongs to another clip; jobs of it go on, unheard. */
  clear(): void {
    this.#mine.clear();
    this.all = new Map();
  }

  hearEvent(event: ServiceEvent): void {
    if (event.type === 'job') {
      if (this.#mine.has(event.job.id)) this.#take(event.job);
    } else if (event.type === 'progress') {
      const job = this.all.get(event.jobId);
      if (job && isUnfinished(job))
        this.#put({ ...job, state: 'running', progress: event.progress, queuePosition: null });
    } else if (event.type === 'queue') {
      for (const job of this.unfinished) {
        const position = event.positions[job.id];
        if (job.state === 'queued' && position !== undefined && position !== job.queuePosition)
          this.#put({ ...job, queuePosition: position });
      }
    }
  }

  #take(job: Job): void {
    const before = this.all.get(job.id);
    // a late answer does not bring a finished job back to life
    if (before && !isUnfinished(before) && isUnfinished(job)) return;
    this.#put(job);
    if (before?.state !== job.state) this.onChange(job);
  }

  #put(job: Job): void {
    this.all = new Map(this.all).set(job.id, job);
  }
}
