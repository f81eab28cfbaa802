/** @file Jobs over HTTP: their events, files, order, ends and removal. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Job, ReceivedEvent } from '../../../src/service/contract.js';
import * as contract from '../../../src/service/contract.js';
import { eventually, uploadExample } from '../harness.js';
import { refusal, serveClip } from './served-clip.js';

const served = serveClip();

describe('jobs', () => {
  it('run, tell their progress, and leave files that can be read in part', async () => {
    const events: ReceivedEvent[] = [];
    const { id } = await served.running.client.submit(
      served.order('dog', { request: { label: 'dog', seed: 5, takes: 2 } }),
    );
    for await (const received of served.running.client.events({ jobId: id, lastEventId: '0' }))
      events.push(received);
    const last = events.at(-1)!.event;
    if (last.type !== 'job') throw new Error('a stream ends with the job');
    const { job } = last;
    expect(job).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      queuePosition: null,
      isCancelRequested: false,
    });
    expect(contract.jobSchema.parse(job)).toEqual(job);
    expect(job.takes.map(({ take, seed }) => [take, seed])).toEqual([
      [0, 5],
      [1, 5],
    ]);
    expect(job.files.filter(({ kind }) => kind === 'wav').map(({ name }) => name)).toEqual([
      'dog.foley-1.wav',
      'dog.foley-2.wav',
    ]);
    expect(job.commandLine).toBe('smooth-foley generate dog.mp4 --label dog --seed 5 --takes 2');

    const states = events.flatMap(({ event }) => (event.type === 'job' ? [event.job.state] : []));
    expect(states).toEqual(['queued', 'running', 'succeeded']);
    const ids = events.flatMap(({ id: eventId }) => (eventId === null ? [] : [Number(eventId)]));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const fractions = events.flatMap(({ event }) =>
      event.type === 'progress' ? [event.progress.fraction] : [],
    );
    expect(fractions.length).toBeGreaterThan(0);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));

    const wav = job.files[0]!;
    const whole = Buffer.from(await (await served.running.client.readJobFile(id, wav.id)).arrayBuffer());
    expect(createHash('sha256').update(whole).digest('hex')).toBe(wav.sha256);
    const part = await fetch(served.running.client.jobFileUrl(id, wav.id, true), {
      headers: { Range: 'bytes=4-9' },
    });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-9/${wav.byteLength}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(4, 10));
    expect(part.headers.get('content-disposition')).toContain('attachment; filename="dog.foley-1.wav"');
    const beyond = await fetch(served.running.client.jobFileUrl(id, wav.id), {
      headers: { Range: 'bytes=99999999-' },
    });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${wav.byteLength}`]);
    const known = await fetch(served.running.client.jobFileUrl(id, wav.id), {
      headers: { 'If-None-Match': part.headers.get('etag')! },
    });
    expect(known.status).toBe(304);

    const peaks = await served.running.client.jobFilePeaks(id, wav.id, { points: 10 });
    expect(peaks.maximum).toHaveLength(10);
    expect(Math.max(...peaks.maximum)).toBeCloseTo(0.5, 2); // the quick worker's sine
    const mel = await fetch(served.running.client.jobFileMelUrl(id, wav.id));
    expect(mel.headers.get('content-type')).toBe('image/png');

    const sidecar = job.files.find(({ kind }) => kind === 'sidecar')!;
    const record = JSON.parse(await (await served.running.client.readJobFile(id, sidecar.id)).text());
    expect(record.request).toMatchObject({ video: 'dog.mp4', outDir: null, cacheDir: null });
    expect(JSON.stringify(record)).not.toContain(served.running.dataDir);
  });

  it('are told again after Last-Event-ID, each once', async () => {
    const { id } = await served.running.client.submit(served.order('dog'));
    const all: ReceivedEvent[] = [];
    for await (const event of served.running.client.events({ jobId: id, lastEventId: '0' })) all.push(event);
    const told = all.filter((event) => event.id !== null);
    const rest: ReceivedEvent[] = [];
    for await (const event of served.running.client.events({ jobId: id, lastEventId: told[1]!.id! }))
      rest.push(event);
    expect(rest.filter((event) => event.id !== null)).toEqual(told.slice(2));
  });

  it('are made once for an Idempotency-Key, also when it comes many times at once', async () => {
    const options = { idempotencyKey: 'the-same' };
    const made = await Promise.all(
      Array.from({ length: 8 }, () => served.running.client.submit(served.order('dog'), options)),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const other = await refusal(served.running.client.submit(served.order('cat'), options));
    expect(other).toMatchObject({ status: 422, code: 'idempotency-mismatch' });
  });

  it('without a label let the picture choose, and say what and what came next', async () => {
    const chosen = { label: 'dog barking', runnersUp: [{ label: 'cat meowing' }] };
    const { id } = await served.running.client.submit({
      kind: 'inspect',
      mediaId: served.media.id,
      request: {},
    });
    const seen = await served.running.client.finished(id);
    expect(contract.jobSchema.parse(seen)).toEqual(seen);
    expect(seen.inspection).toMatchObject({ timing: { label: 'dog barking' }, chosenLabel: chosen });
    expect(seen.inspection!.timing.motion).toMatchObject({ position: [-0.5, 0.5] });
    // without the label, inspect would tell the facts alone
    expect(seen.commandLine).toBe("smooth-foley inspect dog.mp4 --label 'dog barking'");
    const made = await served.running.client.finished(
      (await served.running.client.submit(served.order('', { request: { seed: 5 } }))).id,
    );
    expect(made.takes[0]!.chosenLabel).toMatchObject(chosen);
    expect(made.commandLine).toBe("smooth-foley generate dog.mp4 --label 'dog barking' --seed 5");
    const named = await served.running.client.submit({
      kind: 'inspect',
      mediaId: served.media.id,
      request: { label: 'cat' },
    });
    expect((await served.running.client.finished(named.id)).inspection).toMatchObject({
      timing: { label: 'cat' },
      seenAs: null,
      chosenLabel: null,
    });
    const ofKind = await served.running.client.submit(served.order('animal'));
    const [take] = (await served.running.client.finished(ofKind.id)).takes;
    expect(take).toMatchObject({ seenAs: 'dog barking', chosenLabel: null });
  });

  it('with an open seed get one that stays', async () => {
    const { id } = await served.running.client.submit(
      served.order('dog', { request: { label: 'dog', seed: null } }),
    );
    const job = await served.running.client.finished(id);
    if (job.order.kind !== 'generate') throw new Error('it was a generate job');
    expect(job.order.request.seed).toBe(job.takes[0]!.seed);
  });

  it('are cancelled while they run and while they wait; priority goes first; positions are told', async () => {
    const hanging = await Promise.all([
      served.running.client.submit(served.order('hang')),
      served.running.client.submit(served.order('hang')),
    ]);
    for (const { id } of hanging)
      await eventually(
        () => served.running.client.getJob(id),
        ({ state }) => state === 'running',
      );
    const low = await served.running.client.submit(served.order('dog', { priority: -1 }));
    const high = await served.running.client.submit(served.order('dog', { priority: 5 }));
    const doomed = await served.running.client.submit(served.order('dog', { priority: 1 }));
    expect((await served.running.client.getJob(high.id)).queuePosition).toBe(0);
    expect((await served.running.client.getJob(low.id)).queuePosition).toBe(2);
    expect(await served.running.client.cancel(doomed.id)).toMatchObject({ state: 'cancelled' });
    expect((await served.running.client.getJob(low.id)).queuePosition).toBe(1);
    expect(await refusal(served.running.client.removeJob(hanging[0]!.id))).toMatchObject({ status: 409 });
    for (const { id } of hanging)
      expect(await served.running.client.cancel(id)).toMatchObject({ isCancelRequested: true });
    for (const { id } of hanging)
      await eventually(
        () => served.running.client.getJob(id),
        ({ state }) => state === 'cancelled',
      );
    const [first, second] = [
      await served.running.client.finished(high.id),
      await served.running.client.finished(low.id),
    ];
    expect(Date.parse(first.startedAt!)).toBeLessThanOrEqual(Date.parse(second.startedAt!));
  });

  it('that fail, crash or eat memory end with an error, and without paths (ASVS 16.5.1)', async () => {
    const end = async (label: string): Promise<Job> => {
      const { id } = await served.running.client.submit(served.order(label));
      return eventually(
        () => served.running.client.getJob(id),
        ({ finishedAt }) => finishedAt !== null,
      );
    };
    const [failed, crashed, gorged] = await Promise.all([end('fail'), end('crash'), end('gorge')]);
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'input-rejected', message: 'clip.mp4 is odd', hint: 'Send another.' },
    });
    expect(crashed).toMatchObject({ state: 'failed', error: { code: 'engine-failed' } });
    expect(gorged).toMatchObject({ state: 'failed', error: { code: 'limit-exceeded' } });
    expect([failed, crashed, gorged].every(({ files }) => files.length === 0)).toBe(true);
  });

  it('that hang are ended by the time limit', async () => {
    const { id } = await served.running.client.submit(served.order('hang'));
    const job = await eventually(
      () => served.running.client.getJob(id),
      ({ finishedAt }) => finishedAt !== null,
    );
    expect(job).toMatchObject({ state: 'failed', error: { code: 'time-limit' } });
  });

  it('are removed with their files, and media after them', async () => {
    const own = await uploadExample(served.running.client, 'gone.mp4');
    const { id } = await served.running.client.submit({
      kind: 'generate',
      mediaId: own.id,
      request: { label: 'dog' },
    });
    const job = await served.running.client.finished(id);
    expect(await refusal(served.running.client.removeMedia(own.id))).toMatchObject({ status: 409 });
    await served.running.client.removeJob(id);
    expect(await refusal(served.running.client.readJobFile(id, job.files[0]!.id))).toMatchObject({
      status: 404,
    });
    await served.running.client.removeMedia(own.id);
    expect(await refusal(served.running.client.getMedia(own.id))).toMatchObject({ status: 404 });
  });

  it('are listed page by page', async () => {
    const seen: string[] = [];
    for (let before: string | undefined; ; ) {
      const page = await served.running.client.listJobs({
        limit: 3,
        ...(before === undefined ? {} : { before }),
      });
      seen.push(...page.jobs.map(({ id }) => id));
      if (page.nextBefore === null) break;
      before = page.nextBefore;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect((await served.running.client.listJobs({ limit: 200 })).jobs.map(({ id }) => id)).toEqual(seen);
  });
});

describe('figures', () => {
  it('tell health, readiness, and how many jobs there were', async () => {
    expect(await (await fetch(served.url('/healthz'))).json()).toMatchObject({ status: 'ok' });
    expect(await (await fetch(served.url('/readyz'))).json()).toMatchObject({ isReady: true });
    const text = await (await fetch(served.url('/metrics'))).text();
    expect(text).toMatch(/smooth_foley_jobs\{state="succeeded"\} [1-9]/);
    expect(text).toMatch(/smooth_foley_jobs_total\{kind="generate",state="failed"\} [1-9]/);
  });
});
