/** @file A thread that runs sessions for a parallel engine: one message after another, each with an answer. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { type OrtSession, openPlanned } from './ort-session.node.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

/** Answers what comes through a port, until it is closed. */
export function serveSessions(port: MessagePort): void {
  const sessions = new Map<number, OrtSession>();
  const answer = async (message: ToWorker): Promise<FromWorker> => {
    switch (message.kind) {
      case 'open':
        sessions.set(message.session, await openPlanned(message.plan));
        return { kind: 'done', outputs: null };
      case 'run':
        return { kind: 'done', outputs: await sessions.get(message.session)!.run(message.feeds) };
      case 'close':
        await sessions.get(message.session)?.close();
        sessions.delete(message.session);
        return { kind: 'done', outputs: null };
    }
  };
  let before: Promise<void> = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    before = before.then(async () => {
      try {
        const answered = await answer(message);
        port.postMessage(answered, buffersOf(answered));
      } catch (error) {
        const code = error instanceof FoleyError ? error.code : 'engine-failed';
        port.postMessage({ kind: 'failed', code, message: messageOf(error) } satisfies FromWorker);
      }
    });
  });
}

/** Outputs belong to whoever asked: they are handed over, not copied. */
function buffersOf(answer: FromWorker): ArrayBuffer[] {
  if (answer.kind === 'failed') return [];
  return Object.values(answer.outputs ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
}

if (parentPort !== null) serveSessions(parentPort);
