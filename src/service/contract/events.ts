/** @file What the HTTP API tells while it works, as server-sent events. */
import { z } from 'zod';
import { jobSchema, progressSchema } from './jobs.js';
import { id } from './values.js';

/**
 * Server-sent events: `event:` is the type, `data:` this object as JSON. `job` and `progress` carry an `id:`, ascend, and
 * are replayed after `Last-Event-ID` (0: all). Without that header a stream starts with the present state of the job.
 * `queue` has no id: it says what is, and is not replayed. A stream of one job ends after it has finished.
 */
export const serviceEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('progress'), jobId: id, attempt: z.int(), progress: progressSchema }),
  z.object({ type: z.literal('removed'), jobId: id }),
  z.object({
    type: z.literal('queue'),
    positions: z.record(z.string(), z.int()).describe('job id -> how many run before it'),
  }),
]);
export type ServiceEvent = z.output<typeof serviceEventSchema>;
/** As a client gets it. */
export interface ReceivedEvent {
  /** Null for events that are not replayed. */
  readonly id: string | null;
  readonly event: ServiceEvent;
}
