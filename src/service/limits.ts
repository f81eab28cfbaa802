/** @file What the service takes before any work is done, and how much a job may use. */
import { z } from 'zod';

/** Every limit, with its default. Each is an option of `smooth-foley serve`. */
export const serviceLimitsSchema = z.strictObject({
  uploadBytes: z
    .int()
    .min(1)
    .default(2 * 1024 ** 3)
    .describe('bytes of one upload'),
  appendBytes: z
    .int()
    .min(1)
    .default(64 * 1024 ** 2)
    .describe('bytes of one append to an upload'),
  openUploadsPerClient: z.int().min(1).default(16).describe('unfinished uploads of one client'),
  uploadIdleSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('an append that sends nothing for so long is ended'),
  uploadKeepSeconds: z
    .number()
    .positive()
    .default(24 * 3600)
    .describe('an unfinished upload is kept so long'),
  freeBytes: z
    .int()
    .min(0)
    .default(512 * 1024 ** 2)
    .describe('disk space that uploads must leave free'),
  durationSeconds: z.number().positive().default(600).describe('length of a clip'),
  pixelsPerFrame: z
    .int()
    .min(1)
    .default(4096 * 2304)
    .describe('pixels of one picture of a clip'),
  framesPerSecond: z.number().positive().default(240).describe('frames a second of a clip'),
  tracks: z.int().min(1).default(16).describe('tracks of one request or mix'),
  takes: z.int().min(1).default(16).describe('takes of one request'),
  queuedJobsPerClient: z.int().min(1).default(500).describe('jobs of one client that wait or run'),
  streamsPerClient: z.int().min(1).default(100).describe('event streams of one client'),
  bodyBytes: z
    .int()
    .min(1024)
    .default(1024 ** 2)
    .describe('bytes of a JSON body'),
  jobSeconds: z.number().positive().default(3600).describe('time a job may take'),
  jobMebibytes: z.int().min(256).default(8192).describe('memory a job may take'),
  losses: z.int().min(1).default(5).describe('lost workers after which a job fails as interrupted'),
});
export type ServiceLimits = z.output<typeof serviceLimitsSchema>;
export const defaultServiceLimits: ServiceLimits = serviceLimitsSchema.parse({});
