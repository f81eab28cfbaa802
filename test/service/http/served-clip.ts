/** @file A running service with limits that a test can reach, one clip in it, and the ways to ask it something. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { ServiceRefusal } from '../../../src/service/client.js';
import type { JobOrderInput, Media } from '../../../src/service/contract.js';
import { startTestService, type TestService, uploadExample } from '../harness.js';

export const json = { 'Content-Type': 'application/json' };

export interface ServedClip {
  /** Once the tests run. */
  readonly running: TestService;
  /** The clip. */
  readonly media: Media;
  url(path: string): string;
  /** An order to make sound for the clip. */
  order(label: string, more?: object): JobOrderInput;
  /** Sends bytes as they are, and gives back what comes until the server closes or falls silent. */
  raw(text: string, options?: { readonly hold?: boolean }): Promise<string>;
}

/** For the tests of one file: starts the service before them, and ends it after them. */
export function serveClip(): ServedClip {
  let running: TestService;
  let media: Media;
  beforeAll(async () => {
    running = await startTestService({
      limits: {
        uploadBytes: 5_000_000,
        uploadIdleSeconds: 0.4,
        openUploadsPerClient: 4,
        jobSeconds: 20,
        jobMebibytes: 512,
        takes: 3,
      },
    });
    media = await uploadExample(running.client);
  }, 180_000);
  afterAll(() => running?.close());
  return {
    get running() {
      return running;
    },
    get media() {
      return media;
    },
    url: (path) => running.service.url + path,
    order: (label, more = {}) => ({
      kind: 'generate',
      mediaId: media.id,
      request: { label, seed: 1 },
      ...more,
    }),
    raw: (text, { hold = false } = {}) =>
      new Promise((resolve) => {
        let answer = '';
        const socket = connect(running.service.port, '127.0.0.1', () => socket.write(text));
        socket.setTimeout(hold ? 5000 : 1500, () => socket.destroy());
        socket.on('data', (data) => {
          answer += data.toString('latin1');
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(answer));
      }),
  };
}

/** What the service says when it refuses; fails where it does not. */
export async function refusal(promise: Promise<unknown>): Promise<ServiceRefusal> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ServiceRefusal);
  return error as ServiceRefusal;
}
