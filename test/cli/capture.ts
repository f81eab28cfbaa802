/** @file A command line whose output is remembered and whose work is a double. */

import type { CliServices } from '../../src/cli/command-host.js';
import { main } from '../../src/cli/main.js';
import type { FoleyRequest } from '../../src/foley/request.js';

export interface Captured {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Requests that reached the work. */
  readonly requests: readonly FoleyRequest[];
}

/** Runs `argv`; jobs are answered by `job`, which may throw. */
export async function capture(
  argv: readonly string[],
  {
    job,
    isTTY = false,
    env = {},
  }: { job?: CliServices['runFoleyJob']; isTTY?: boolean; env?: Record<string, string> } = {},
): Promise<Captured> {
  const requests: FoleyRequest[] = [];
  let stdout = '';
  let stderr = '';
  const services: CliServices = {
    async runFoleyJob(request, options) {
      requests.push(request);
      if (job) return job(request, options);
      return {
        takes: [sidecarOf(request)],
        paths: ['/out/a.json', '/out/a.wav'],
        peakRssBytes: 2 ** 20,
        processorSeconds: 1,
      } as never;
    },
    async runInspection(request) {
      requests.push(request);
      return {
        facts: { durationSeconds: 1, container: 'mp4', byteLength: 1, video: {}, audio: [] },
      } as never;
    },
  };
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text), isTTY, columns: 80 },
    env,
  };
  const code = await main(argv, streams, services);
  return { code, stdout, stderr, requests };
}

function sidecarOf(request: FoleyRequest) {
  const chosenLabel =
    request.label === null
      ? {
          label: 'dog barking',
          classId: 'dog-bark',
          score: 0.8,
          isUncertain: false,
          runnersUp: [{ label: 'cat meowing', classId: 'cat-meow', score: 0.123 }],
        }
      : null;
  const timings = { denoise: 1.5, write: 0.5 };
  return { request, seed: 0, chosenLabel, warnings: ['be warned'], timings };
}
