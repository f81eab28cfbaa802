/** @file A child that does what the label of the request says, for the tests of the supervisor. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FromChild, GenerateOrder, ToChild } from '../../../src/foley/job-protocol.js';

const send = (message: FromChild) => process.send!(message);
process.on('SIGINT', () => {});
setInterval(() => {}, 1000);
let cancelled: () => void = () => {};

const acts: Record<string, (order: GenerateOrder) => void> = {
  succeed: ({ staging, stem }) => {
    writeFileSync(join(staging, `${stem}.foley.wav`), 'sound');
    send({ kind: 'progress', progress: { stage: 'denoise', done: 1, total: 2, take: 0 } });
    send({ kind: 'done', yielded: [], peakRssBytes: 123, processorSeconds: 4 });
    setTimeout(() => process.exit(0), 20);
  },
  crash: ({ staging }) => {
    writeFileSync(join(staging, 'half.wav'), 'half');
    process.kill(process.pid, 'SIGSEGV');
  },
  exit: () => process.exit(7),
  fail: () => {
    send({
      kind: 'failed',
      error: {
        code: 'input-rejected',
        message: 'clip.mp4 is a text file',
        hint: 'Give a video.',
        stack: 'where',
      },
    });
    setTimeout(() => process.exit(0), 20);
  },
  silence: () => {},
  obey: ({ staging }) => {
    writeFileSync(join(staging, 'half.wav'), 'half');
    cancelled = () => {
      send({
        kind: 'failed',
        error: { code: 'cancelled', message: 'the job was cancelled', hint: null, stack: null },
      });
      setTimeout(() => process.exit(0), 20);
    };
    send({ kind: 'progress', progress: { stage: 'denoise', done: 1, total: 2, take: 0 } });
  },
  // a child inside a long native call hears nothing
  busy: ({ staging }) => {
    writeFileSync(join(staging, 'half.wav'), 'half');
    send({ kind: 'progress', progress: { stage: 'denoise', done: 1, total: 2, take: 0 } });
    setTimeout(() => {
      for (;;);
    }, 20);
  },
  gorge: () => {
    const hoard: Buffer[] = [];
    send({ kind: 'progress', progress: { stage: 'denoise', done: 1, total: 2, take: 0 } });
    setInterval(() => hoard.push(Buffer.alloc(32 * 2 ** 20, 1)), 20);
  },
};

process.on('message', (message: ToChild) => {
  if (message.kind === 'cancel') cancelled();
  else {
    const order = message.order as GenerateOrder; // the tests give no other
    acts[order.request.label!]!(order);
  }
});
