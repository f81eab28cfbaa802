/** @file The service over HTTP with its own database: uploads, jobs, events, results, and what it refuses. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceRefusal } from '../../src/service/client.js';
import type { Job, Media, ReceivedEvent } from '../../src/service/contract.js';
import * as contract from '../../src/service/contract.js';
import { eventually, exampleClip, startTestService, type TestService, uploadExample } from './harness.js';

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

const url = (path: string): string => running.service.url + path;
const json = { 'Content-Type': 'application/json' };

function order(label: string, more: object = {}): contract.JobOrderInput {
  return { kind: 'generate', mediaId: media.id, request: { label, seed: 1 }, ...more };
}

async function refusal(promise: Promise<unknown>): Promise<ServiceRefusal> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ServiceRefusal);
  return error as ServiceRefusal;
}

/** Sends bytes as they are, and gives back what comes until the server closes or falls silent. */
async function raw(text: string, { hold = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(running.service.port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(hold ? 5000 : 1500, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

describe('uploads', () => {
  it('make media with facts and a hash (ASVS 5.2.2: the content decides, not the name)', async () => {
    const bytes = Buffer.from(await (await exampleClip()).arrayBuffer());
    expect(media).toMatchObject({
      fileName: 'dog.mp4',
      byteLength: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      facts: { container: 'mp4', video: { codec: 'h264' } },
    });
    expect(contract.mediaSchema.parse(media)).toEqual(media);
    const got = await fetch(url(`/v1/media/${media.id}/file`));
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
  });

  it('go on where they stopped, and only there', async () => {
    const clip = await exampleClip();
    const { id } = await running.client.createUpload({ fileName: 'a.mp4', byteLength: clip.size });
    await running.client.appendUpload(id, 0, clip.slice(0, 1000));
    const wrong = await refusal(running.client.appendUpload(id, 0, clip.slice(0, 1000)));
    expect(wrong).toMatchObject({
      status: 409,
      code: 'offset-mismatch',
      info: { details: { receivedBytes: 1000 } },
    });
    const early = await refusal(running.client.completeUpload(id));
    expect(early).toMatchObject({ status: 409, code: 'conflict' });
    const again = await running.client.upload(clip, 'a.mp4', { uploadId: id, pieceBytes: 100_000 });
    expect(again.sha256).toBe(media.sha256);
    expect(await running.client.completeUpload(id)).toEqual(again); // asked twice, said twice
  });

  it('that are cut off keep what has arrived', async () => {
    const { id } = await running.client.createUpload({ fileName: 'cut.mp4', byteLength: 10_000 });
    const head = `PATCH /v1/uploads/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 10000\r\n\r\n`;
    await new Promise<void>((resolve) => {
      const socket = connect(running.service.port, '127.0.0.1', () =>
        socket.write(head + 'x'.repeat(1234), () => setTimeout(() => resolve(void socket.destroy()), 150)),
      );
    });
    const left = await eventually(
      () => running.client.getUpload(id),
      ({ receivedBytes }) => receivedBytes > 0,
    );
    expect(left.receivedBytes).toBe(1234);
    // the broken append may still be bringing its bytes to disk, and then the upload is busy
    await eventually(
      () =>
        running.client.removeUpload(id).then(
          () => 'removed',
          (error: ServiceRefusal) => error.code,
        ),
      (outcome) => outcome !== 'conflict',
    );
    expect(await refusal(running.client.getUpload(id))).toMatchObject({ status: 404 });
  });

  it('that stop sending are ended in time, and keep their bytes (slow upload)', async () => {
    const { id } = await running.client.createUpload({ fileName: 'slow.mp4', byteLength: 10_000 });
    const answer = await raw(
      `PATCH /v1/uploads/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 10000\r\n\r\nabc`,
      { hold: true },
    );
    expect(answer === '' || answer.includes(' 408 ')).toBe(true);
    const kept = await eventually(
      () => running.client.getUpload(id),
      ({ receivedBytes }) => receivedBytes === 3,
    );
    expect(kept.state).toBe('open');
    await eventually(
      () =>
        running.client.removeUpload(id).then(
          () => true,
          () => false,
        ),
      (done) => done,
    );
  });

  it('that never end stop at what was announced (ASVS 5.2.1, endless upload)', async () => {
    const { id } = await running.client.createUpload({ fileName: 'endless.mp4', byteLength: 2000 });
    const chunk = `${(1500).toString(16)}\r\n${'y'.repeat(1500)}\r\n`;
    const answer = await raw(
      `PATCH /v1/uploads/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}${chunk}`,
      { hold: true },
    );
    expect(answer).toContain(' 413 ');
    const { receivedBytes } = await eventually(
      () => running.client.getUpload(id),
      () => true,
    );
    expect(receivedBytes).toBeLessThanOrEqual(2000);
    await running.client.removeUpload(id);
  });

  it('too large are refused before a byte is sent; too many are refused (ASVS 5.2.4)', async () => {
    const large = await refusal(running.client.createUpload({ fileName: 'a.mp4', byteLength: 5_000_001 }));
    expect(large).toMatchObject({ status: 413, code: 'too-large' });
    const ids: string[] = [];
    for (let at = 0; at < 4; at++)
      ids.push((await running.client.createUpload({ fileName: 'a.mp4', byteLength: 5 })).id);
    expect(await refusal(running.client.createUpload({ fileName: 'a.mp4', byteLength: 5 }))).toMatchObject({
      code: 'too-many',
    });
    for (const id of ids) await running.client.removeUpload(id);
  });

  it('of something else are refused by their content and leave nothing', async () => {
    const playlist = new Blob(['#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd\n']);
    const error = await refusal(running.client.upload(playlist, 'clip.mp4'));
    expect(error).toMatchObject({ status: 422, code: 'input-rejected' });
    expect(error.message).not.toContain(running.dataDir);
    const damaged = await refusal(
      running.client.upload(await exampleClip(), 'b.mp4', { sha256: '0'.repeat(64) }),
    );
    expect(damaged).toMatchObject({ status: 422, code: 'checksum-mismatch' });
    expect((await running.client.listMedia()).every(({ sha256 }) => sha256 === media.sha256)).toBe(true);
  });

  it('names never become paths (ASVS 5.3.2)', async () => {
    const nasty = await running.client.createUpload({
      fileName: '../../../etc/pass\u0000wd<script>.mp4',
      byteLength: 4,
    });
    expect(nasty.fileName).toBe('pass_wd_script_.mp4');
    await running.client.removeUpload(nasty.id);
  });
});

describe('views', () => {
  it('show pictures of the clip, its peaks and its mel, once drawn and then kept', async () => {
    const strip = await running.client.filmstrip(media.id, { frames: 5, height: 40 });
    expect(contract.filmstripSchema.parse(strip)).toMatchObject({ frames: 5, tileHeight: 40, rows: 1 });
    const sheet = Buffer.from(await (await fetch(url(strip.image))).arrayBuffer());
    expect(sheet.subarray(1, 4).toString()).toBe('PNG');
    expect(sheet.readUInt32BE(16)).toBe(strip.columns * strip.tileWidth);
    const beyond = await fetch(url(`/v1/media/${media.id}/filmstrip?fromSeconds=999`));
    expect([beyond.status, (await beyond.json()).error.code]).toEqual([400, 'usage']);
  });
});

describe('jobs', () => {
  it('run, tell their progress, and leave files that can be read in part', async () => {
    const events: ReceivedEvent[] = [];
    const { id } = await running.client.submit(
      order('dog', { request: { label: 'dog', seed: 5, takes: 2 } }),
    );
    for await (const received of running.client.events({ jobId: id, lastEventId: '0' }))
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
    const whole = Buffer.from(await (await running.client.readJobFile(id, wav.id)).arrayBuffer());
    expect(createHash('sha256').update(whole).digest('hex')).toBe(wav.sha256);
    const part = await fetch(running.client.jobFileUrl(id, wav.id, true), {
      headers: { Range: 'bytes=4-9' },
    });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-9/${wav.byteLength}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(4, 10));
    expect(part.headers.get('content-disposition')).toContain('attachment; filename="dog.foley-1.wav"');
    const beyond = await fetch(running.client.jobFileUrl(id, wav.id), {
      headers: { Range: 'bytes=99999999-' },
    });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${wav.byteLength}`]);
    const known = await fetch(running.client.jobFileUrl(id, wav.id), {
      headers: { 'If-None-Match': part.headers.get('etag')! },
    });
    expect(known.status).toBe(304);

    const peaks = await running.client.jobFilePeaks(id, wav.id, { points: 10 });
    expect(peaks.maximum).toHaveLength(10);
    expect(Math.max(...peaks.maximum)).toBeCloseTo(0.5, 2); // the quick worker's sine
    const mel = await fetch(running.client.jobFileMelUrl(id, wav.id));
    expect(mel.headers.get('content-type')).toBe('image/png');

    const sidecar = job.files.find(({ kind }) => kind === 'sidecar')!;
    const record = JSON.parse(await (await running.client.readJobFile(id, sidecar.id)).text());
    expect(record.request).toMatchObject({ video: 'dog.mp4', outDir: null, cacheDir: null });
    expect(JSON.stringify(record)).not.toContain(running.dataDir);
  });

  it('are told again after Last-Event-ID, each once', async () => {
    const { id } = await running.client.submit(order('dog'));
    const all: ReceivedEvent[] = [];
    for await (const event of running.client.events({ jobId: id, lastEventId: '0' })) all.push(event);
    const told = all.filter((event) => event.id !== null);
    const rest: ReceivedEvent[] = [];
    for await (const event of running.client.events({ jobId: id, lastEventId: told[1]!.id! }))
      rest.push(event);
    expect(rest.filter((event) => event.id !== null)).toEqual(told.slice(2));
  });

  it('are made once for an Idempotency-Key, also when it comes many times at once', async () => {
    const options = { idempotencyKey: 'the-same' };
    const made = await Promise.all(
      Array.from({ length: 8 }, () => running.client.submit(order('dog'), options)),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const other = await refusal(running.client.submit(order('cat'), options));
    expect(other).toMatchObject({ status: 422, code: 'idempotency-mismatch' });
  });

  it('without a label let the picture choose, and say what and what came next', async () => {
    const chosen = { label: 'dog barking', runnersUp: [{ label: 'cat meowing' }] };
    const { id } = await running.client.submit({ kind: 'inspect', mediaId: media.id, request: {} });
    const seen = await running.client.finished(id);
    expect(contract.jobSchema.parse(seen)).toEqual(seen);
    expect(seen.inspection).toMatchObject({ timing: { label: 'dog barking' }, chosenLabel: chosen });
    expect(seen.inspection!.timing.motion).toMatchObject({ position: [-0.5, 0.5] });
    // without the label, inspect would tell the facts alone
    expect(seen.commandLine).toBe("smooth-foley inspect dog.mp4 --label 'dog barking'");
    const made = await running.client.finished(
      (await running.client.submit(order('', { request: { seed: 5 } }))).id,
    );
    expect(made.takes[0]!.chosenLabel).toMatchObject(chosen);
    expect(made.commandLine).toBe("smooth-foley generate dog.mp4 --label 'dog barking' --seed 5");
    const named = await running.client.submit({
      kind: 'inspect',
      mediaId: media.id,
      request: { label: 'cat' },
    });
    expect((await running.client.finished(named.id)).inspection).toMatchObject({
      timing: { label: 'cat' },
      seenAs: null,
      chosenLabel: null,
    });
    const ofKind = await running.client.submit(order('animal'));
    const [take] = (await running.client.finished(ofKind.id)).takes;
    expect(take).toMatchObject({ seenAs: 'dog barking', chosenLabel: null });
  });

  it('with an open seed get one that stays', async () => {
    const { id } = await running.client.submit(order('dog', { request: { label: 'dog', seed: null } }));
    const job = await running.client.finished(id);
    if (job.order.kind !== 'generate') throw new Error('it was a generate job');
    expect(job.order.request.seed).toBe(job.takes[0]!.seed);
  });

  it('are cancelled while they run and while they wait; priority goes first; positions are told', async () => {
    const hanging = await Promise.all([
      running.client.submit(order('hang')),
      running.client.submit(order('hang')),
    ]);
    for (const { id } of hanging)
      await eventually(
        () => running.client.getJob(id),
        ({ state }) => state === 'running',
      );
    const low = await running.client.submit(order('dog', { priority: -1 }));
    const high = await running.client.submit(order('dog', { priority: 5 }));
    const doomed = await running.client.submit(order('dog', { priority: 1 }));
    expect((await running.client.getJob(high.id)).queuePosition).toBe(0);
    expect((await running.client.getJob(low.id)).queuePosition).toBe(2);
    expect(await running.client.cancel(doomed.id)).toMatchObject({ state: 'cancelled' });
    expect((await running.client.getJob(low.id)).queuePosition).toBe(1);
    expect(await refusal(running.client.removeJob(hanging[0]!.id))).toMatchObject({ status: 409 });
    for (const { id } of hanging)
      expect(await running.client.cancel(id)).toMatchObject({ isCancelRequested: true });
    for (const { id } of hanging)
      await eventually(
        () => running.client.getJob(id),
        ({ state }) => state === 'cancelled',
      );
    const [first, second] = [await running.client.finished(high.id), await running.client.finished(low.id)];
    expect(Date.parse(first.startedAt!)).toBeLessThanOrEqual(Date.parse(second.startedAt!));
  });

  it('that fail, crash or eat memory end with an error, and without paths (ASVS 16.5.1)', async () => {
    const end = async (label: string): Promise<Job> => {
      const { id } = await running.client.submit(order(label));
      return eventually(
        () => running.client.getJob(id),
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
    const { id } = await running.client.submit(order('hang'));
    const job = await eventually(
      () => running.client.getJob(id),
      ({ finishedAt }) => finishedAt !== null,
    );
    expect(job).toMatchObject({ state: 'failed', error: { code: 'time-limit' } });
  });

  it('are removed with their files, and media after them', async () => {
    const own = await uploadExample(running.client, 'gone.mp4');
    const { id } = await running.client.submit({
      kind: 'generate',
      mediaId: own.id,
      request: { label: 'dog' },
    });
    const job = await running.client.finished(id);
    expect(await refusal(running.client.removeMedia(own.id))).toMatchObject({ status: 409 });
    await running.client.removeJob(id);
    expect(await refusal(running.client.readJobFile(id, job.files[0]!.id))).toMatchObject({ status: 404 });
    await running.client.removeMedia(own.id);
    expect(await refusal(running.client.getMedia(own.id))).toMatchObject({ status: 404 });
  });

  it('are listed page by page', async () => {
    const seen: string[] = [];
    for (let before: string | undefined; ; ) {
      const page = await running.client.listJobs({ limit: 3, ...(before === undefined ? {} : { before }) });
      seen.push(...page.jobs.map(({ id }) => id));
      if (page.nextBefore === null) break;
      before = page.nextBefore;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect((await running.client.listJobs({ limit: 200 })).jobs.map(({ id }) => id)).toEqual(seen);
  });
});

describe('orders are checked before work', () => {
  const post = async (body: unknown, headers: Record<string, string> = json) => {
    const response = await fetch(url('/v1/jobs'), {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return [response.status, (await response.json()).error] as const;
  };
  it.each([
    ['a path in the request', { request: { label: 'a', video: '/etc/passwd' } }, 'request.video'],
    ['a folder for results', { request: { label: 'a', outDir: '/tmp' } }, 'request.outDir'],
    ['a timing file', { request: { label: 'a' }, timing: '/etc/passwd' }, 'timing'],
    [
      'a timing file of a track',
      { request: { tracks: [{ label: 'a', timing: '/etc/passwd' }] } },
      'request.tracks.0.timing',
    ],
    [
      'a folder as model (ASVS 15.3.2: no addresses either)',
      { request: { label: 'a', model: '../../x' } },
      'request.model',
    ],
    ['an address as model', { request: { label: 'a', model: 'https://evil.example/m' } }, 'request.model'],
    ['a number out of range', { request: { label: 'a', guidance: 1e9 } }, 'request.guidance'],
    ['more takes than allowed', { request: { label: 'a', takes: 4 } }, 'request.takes'],
    ['an unknown field', { request: { label: 'a' }, shell: 'rm' }, 'shell'],
    ['a prototype', JSON.parse('{"request":{"label":"a"},"__proto__":{"x":1}}'), '__proto__'],
    ['an id that is a path', { mediaId: '../../../../etc/passwd' }, 'mediaId'],
  ])('refuses %s and names the field', async (_, more, field) => {
    const body = { kind: 'generate', mediaId: media.id, request: { label: 'a' }, ...more };
    // a member called __proto__ has to be written, since objects here swallow it
    const text =
      field === '__proto__' ? `{"__proto__":{"x":1},${JSON.stringify(body).slice(1)}` : JSON.stringify(body);
    const [status, error] = await post(text);
    expect([status, error.code, error.field]).toEqual([400, 'invalid-request', field]);
  });

  it('refuses bodies that are no JSON, too large, or of another type (ASVS 4.1.1, 2.2.1)', async () => {
    expect((await post('{'))[1]).toMatchObject({ code: 'invalid-request' });
    expect((await post(`"${'x'.repeat(1_100_000)}"`))[0]).toBe(413);
    expect((await post({}, { 'Content-Type': 'text/plain' }))[0]).toBe(415);
    expect((await post({}, { 'Content-Type': 'application/x-www-form-urlencoded' }))[0]).toBe(415);
  });

  it('refuses labels doubled', async () => {
    const doubled = { label: 'dog', tracks: [{ label: 'rain' }] };
    expect((await post({ kind: 'generate', mediaId: media.id, request: doubled }))[1]).toMatchObject({
      code: 'usage',
    });
  });
});

describe('guards on the wire', () => {
  it('answers to its own hosts only (DNS rebinding)', async () => {
    const answer = await raw(
      'GET /v1/jobs HTTP/1.1\r\nHost: rebound.example\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain(' 403 ');
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n')).toContain(
      ' 200 ',
    );
  });

  it('refuses posts of other sites (ASVS 3.5.1)', async () => {
    for (const headers of [
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'null' },
    ]) {
      const response = await fetch(url('/v1/jobs'), {
        method: 'POST',
        headers: { ...json, ...headers } as Record<string, string>,
        body: '{}',
      });
      expect(response.status).toBe(403);
    }
  });

  it('does not follow paths out of its tree', async () => {
    for (const path of [
      '/../../etc/passwd',
      '/v1/media/..%2f..%2fetc%2fpasswd/file',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/v1/jobs/%00',
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).not.toContain('root:');
    }
  });

  it('sends the headers that keep pages apart with every answer (ASVS 3.4)', async () => {
    for (const path of ['/healthz', '/v1/jobs', '/nothing']) {
      const { headers } = await fetch(url(path));
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('server')).toBeNull();
      expect(headers.get('cache-control')).toContain('no-store');
    }
  });

  it('says what is wrong in one form, with the id that is in the log', async () => {
    const response = await fetch(url('/v1/jobs'), { method: 'PUT' });
    const { error } = contract.errorBodySchema.parse(await response.json());
    expect([response.status, error.code]).toEqual([405, 'method-not-allowed']);
    expect(error.requestId).toBe(response.headers.get('request-id'));
  });

  it('tells health, readiness and figures', async () => {
    expect(await (await fetch(url('/healthz'))).json()).toMatchObject({ status: 'ok' });
    expect(await (await fetch(url('/readyz'))).json()).toMatchObject({ isReady: true });
    const text = await (await fetch(url('/metrics'))).text();
    expect(text).toMatch(/smooth_foley_jobs\{state="succeeded"\} [1-9]/);
    expect(text).toMatch(/smooth_foley_jobs_total\{kind="generate",state="failed"\} [1-9]/);
  });

  it('opens no more event streams for one client than allowed', async () => {
    const open = new AbortController();
    // held on to: the stream of an answer that is garbage is closed, and makes room
    const answers: Response[] = [];
    for (let at = 0; at < 102; at++) answers.push(await fetch(url('/v1/events'), { signal: open.signal }));
    const statuses = answers.map(({ status }) => status);
    open.abort();
    expect(statuses.slice(0, 100).every((status) => status === 200)).toBe(true);
    expect(statuses.slice(100)).toEqual([429, 429]);
  });
});
