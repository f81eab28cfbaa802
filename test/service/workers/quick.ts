/** @file A child that makes small results without a model, or misbehaves: the label of the order says which. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeWav } from '../../../src/audio/wav-writer.js';
import { createWave } from '../../../src/audio/wave.js';
import type { LabelChoice } from '../../../src/foley/choose-label.js';
import type {
  FromChild,
  GenerateOrder,
  Inspection,
  InspectOrder,
  ToChild,
} from '../../../src/foley/job-protocol.js';
import type { FoleyProgress } from '../../../src/foley/progress.js';
import { takeName } from '../../../src/foley/result-files.node.js';
import type { FoleySidecar } from '../../../src/foley/write-take.node.js';

const send = (message: FromChild): void => {
  if (process.connected) process.send!(message, () => {});
};
const progress = (stage: FoleyProgress['stage'], done: number, total: number, take = 0): void =>
  send({ kind: 'progress', progress: { stage, done, total, take } });
const leave = (): void => void setTimeout(() => process.exit(0), 20);

const choice: LabelChoice = {
  label: 'dog barking',
  classId: 'dog-bark',
  score: 0.8,
  isUncertain: false,
  runnersUp: [{ label: 'cat meowing', classId: 'cat-meow', score: 0.1 }],
};

/** The one animal that there is. */
function standsFor(label: string | null): string | null {
  return label === 'animal' ? choice.label : null;
}

/** What moves from left to right, seen throughout. */
function look({ request }: InspectOrder): void {
  const inspection: Pick<Inspection, 'timing' | 'seenAs' | 'chosenLabel' | 'warnings'> = {
    timing: {
      label: request.label ?? choice.label,
      durationSeconds: 2,
      timesSeconds: [0.5, 1.5],
      similarity: [0.9, 0.9],
      spans: [{ startSeconds: 0, endSeconds: 2 }],
      motion: { timesSeconds: [0.5, 1.5], presence: [1, 1], size: [0.1, 0.2], position: [-0.5, 0.5] },
    },
    seenAs: standsFor(request.label),
    chosenLabel: request.label === null ? choice : null,
    warnings: [],
  };
  // as much of it as the service reads
  send({ kind: 'done', yielded: inspection as Inspection, peakRssBytes: 1e6, processorSeconds: 0 });
  leave();
}

function makeTakes({ request, staging, stem }: GenerateOrder): void {
  const takes = Array.from({ length: request.takes }, (_, take) => {
    const name = takeName(stem, take, request.takes);
    const samples = Float32Array.from({ length: 16000 }, (_, at) => Math.sin(at * 0.1 * (take + 1)) / 2);
    writeFileSync(join(staging, `${name}.wav`), encodeWav(createWave(16000, [samples])));
    writeFileSync(join(staging, `${name}.mp4`), 'a clip');
    const sidecar = {
      format: 'smooth-foley.result/1',
      request,
      seed: request.seed,
      take,
      timing: null,
      tracks: null,
      followed: null,
      seenAs: standsFor(request.label),
      chosenLabel: request.label === null && request.tracks === null ? choice : null,
      clip: { file: 'clip.mp4' },
      files: { wav: `${name}.wav`, flac: null, video: `${name}.mp4`, picture: null },
      warnings: [],
    };
    writeFileSync(join(staging, `${name}.json`), JSON.stringify(sidecar));
    progress('write', 1, 1, take);
    return sidecar as unknown as FoleySidecar; // as much of it as the service reads
  });
  // how often work was finished is written where no transaction can take it back
  if (process.env.QUICK_WORKER_LOG) appendFileSync(process.env.QUICK_WORKER_LOG, `${request.label}\n`);
  send({ kind: 'done', yielded: takes, peakRssBytes: 1e6, processorSeconds: 0 });
  leave();
}

function act(order: GenerateOrder | InspectOrder): void {
  const [what, argument] = (order.request.label ?? '').split(' ');
  progress('open', 1, 1);
  if (what === 'crash') process.kill(process.pid, 'SIGSEGV');
  else if (what === 'hang') progress('denoise', 1, 20);
  else if (what === 'fail') {
    send({
      kind: 'failed',
      error: {
        code: 'input-rejected',
        message: `${order.request.video} is odd`,
        hint: 'Send another.',
        stack: null,
      },
    });
    leave();
  } else if (what === 'gorge') {
    const hoard: Buffer[] = [];
    setInterval(() => hoard.push(Buffer.alloc(32 * 2 ** 20, 1)), 10);
  } else if (order.kind === 'inspect') look(order);
  else if (what === 'take') setTimeout(() => makeTakes(order), Number(argument));
  else makeTakes(order);
}

process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));
setInterval(() => send({ kind: 'beat', rssBytes: process.memoryUsage.rss() }), 200);
process.on('message', (message: ToChild) => {
  if (message.kind === 'start') act(message.order as GenerateOrder | InspectOrder);
  else {
    send({ kind: 'failed', error: { code: 'cancelled', message: 'cancelled', hint: null, stack: null } });
    leave();
  }
});
