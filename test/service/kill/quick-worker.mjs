/** @file A child that makes a "sound" out of an order in a moment: what kills are tried on. Plain JavaScript, so that it starts at once. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const steps = 5;
const journal = process.env.KILL_TEST_JOURNAL;
const stepMs = Number(process.env.KILL_TEST_STEP_MS ?? 30);
const note = (what, label) => {
  if (journal) appendFileSync(journal, `${JSON.stringify({ what, label, place: process.env.KILL_TEST_PLACE ?? '', at: Date.now() })}\n`);
};

process.on('disconnect', () => process.exit(1));
process.on('SIGINT', () => {});
process.on('message', (message) => {
  if (message.kind === 'cancel') process.exit(1);
  else void work(message.order);
});

async function work({ request, staging, stem }) {
  const { label, seed } = request;
  note('start', label);
  const sound = Buffer.alloc(64 * 1024, `${label} ${seed} `);
  const name = `${stem}.foley`;
  for (let done = 1; done <= steps; done++) {
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    // half of a file is there while the work is under way
    writeFileSync(join(staging, `${name}.wav`), sound.subarray(0, (sound.length * done) / steps));
    process.send({ kind: 'progress', progress: { stage: 'denoise', done, total: steps, take: 0 } });
  }
  const files = { wav: `${name}.wav`, flac: null, video: `${name}.mp4`, picture: null };
  writeFileSync(join(staging, files.video), `clip of ${label}`);
  const sidecar = {
    format: 'smooth-foley.result/1',
    request,
    seed,
    take: 0,
    clip: { file: 'clip.mp4' },
    timing: null,
    tracks: null,
    followed: null,
    seenAs: null,
    chosenLabel: null,
    files,
    warnings: [],
  };
  writeFileSync(join(staging, `${name}.json`), JSON.stringify(sidecar));
  note('made', label);
  process.send({ kind: 'done', yielded: [sidecar], peakRssBytes: 1 }, () => process.exit(0));
}
