/** @file Uploads over HTTP: in pieces, cut off, slow, endless, too large or of something else; and views of what came. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ServiceRefusal } from '../../../src/service/client.js';
import * as contract from '../../../src/service/contract.js';
import { eventually, exampleClip } from '../harness.js';
import { refusal, serveClip } from './served-clip.js';

const served = serveClip();

describe('uploads', () => {
  it('make media with facts and a hash (ASVS 5.2.2: the content decides, not the name)', async () => {
    const bytes = Buffer.from(await (await exampleClip()).arrayBuffer());
    expect(served.media).toMatchObject({
      fileName: 'dog.mp4',
      byteLength: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      facts: { container: 'mp4', video: { codec: 'h264' } },
    });
    expect(contract.mediaSchema.parse(served.media)).toEqual(served.media);
    const got = await fetch(served.url(`/v1/media/${served.media.id}/file`));
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
  });

  it('go on where they stopped, and only there', async () => {
    const clip = await exampleClip();
    const { id } = await served.running.client.createUpload({ fileName: 'a.mp4', byteLength: clip.size });
    await served.running.client.appendUpload(id, 0, clip.slice(0, 1000));
    const wrong = await refusal(served.running.client.appendUpload(id, 0, clip.slice(0, 1000)));
    expect(wrong).toMatchObject({
      status: 409,
      code: 'offset-mismatch',
      info: { details: { receivedBytes: 1000 } },
    });
    const early = await refusal(served.running.client.completeUpload(id));
    expect(early).toMatchObject({ status: 409, code: 'conflict' });
    const again = await served.running.client.upload(clip, 'a.mp4', { uploadId: id, pieceBytes: 100_000 });
    expect(again.sha256).toBe(served.media.sha256);
    expect(await served.running.client.completeUpload(id)).toEqual(again); // asked twice, said twice
  });

  it('that are cut off keep what has arrived', async () => {
    const { id } = await served.running.client.createUpload({ fileName: 'cut.mp4', byteLength: 10_000 });
    const head = `PATCH /v1/uploads/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 10000\r\n\r\n`;
    await new Promise<void>((resolve) => {
      const socket = connect(served.running.service.port, '127.0.0.1', () =>
        socket.write(head + 'x'.repeat(1234), () => setTimeout(() => resolve(void socket.destroy()), 150)),
      );
    });
    const left = await eventually(
      () => served.running.client.getUpload(id),
      ({ receivedBytes }) => receivedBytes > 0,
    );
    expect(left.receivedBytes).toBe(1234);
    // the broken append may still be bringing its bytes to disk, and then the upload is busy
    await eventually(
      () =>
        served.running.client.removeUpload(id).then(
          () => 'removed',
          (error: ServiceRefusal) => error.code,
        ),
      (outcome) => outcome !== 'conflict',
    );
    expect(await refusal(served.running.client.getUpload(id))).toMatchObject({ status: 404 });
  });

  it('that stop sending are ended in time, and keep their bytes (slow upload)', async () => {
    const { id } = await served.running.client.createUpload({ fileName: 'slow.mp4', byteLength: 10_000 });
    const answer = await served.raw(
      `PATCH /v1/uploads/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 10000\r\n\r\nabc`,
      { hold: true },
    );
    expect(answer === '' || answer.includes(' 408 ')).toBe(true);
    const kept = await eventually(
      () => served.running.client.getUpload(id),
      ({ receivedBytes }) => receivedBytes === 3,
    );
    expect(kept.state).toBe('open');
    await eventually(
      () =>
        served.running.client.removeUpload(id).then(
          () => true,
          () => false,
        ),
      (done) => done,
    );
  });

  it('that never end stop at what was announced (ASVS 5.2.1, endless upload)', async () => {
    const { id } = await served.running.client.createUpload({ fileName: 'endless.mp4', byteLength: 2000 });
    const chunk = `${(1500).toString(16)}\r\n${'y'.repeat(1500)}\r\n`;
    const answer = await served.raw(
      `PATCH /v1/uploads/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}${chunk}`,
      { hold: true },
    );
    expect(answer).toContain(' 413 ');
    const { receivedBytes } = await eventually(
      () => served.running.client.getUpload(id),
      () => true,
    );
    expect(receivedBytes).toBeLessThanOrEqual(2000);
    await served.running.client.removeUpload(id);
  });

  it('too large are refused before a byte is sent; too many are refused (ASVS 5.2.4)', async () => {
    const large = await refusal(
      served.running.client.createUpload({ fileName: 'a.mp4', byteLength: 5_000_001 }),
    );
    expect(large).toMatchObject({ status: 413, code: 'too-large' });
    const ids: string[] = [];
    for (let at = 0; at < 4; at++)
      ids.push((await served.running.client.createUpload({ fileName: 'a.mp4', byteLength: 5 })).id);
    expect(
      await refusal(served.running.client.createUpload({ fileName: 'a.mp4', byteLength: 5 })),
    ).toMatchObject({
      code: 'too-many',
    });
    for (const id of ids) await served.running.client.removeUpload(id);
  });

  it('of something else are refused by their content and leave nothing', async () => {
    const playlist = new Blob(['#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd\n']);
    const error = await refusal(served.running.client.upload(playlist, 'clip.mp4'));
    expect(error).toMatchObject({ status: 422, code: 'input-rejected' });
    expect(error.message).not.toContain(served.running.dataDir);
    const damaged = await refusal(
      served.running.client.upload(await exampleClip(), 'b.mp4', { sha256: '0'.repeat(64) }),
    );
    expect(damaged).toMatchObject({ status: 422, code: 'checksum-mismatch' });
    expect(
      (await served.running.client.listMedia()).every(({ sha256 }) => sha256 === served.media.sha256),
    ).toBe(true);
  });

  it('names never become paths (ASVS 5.3.2)', async () => {
    const nasty = await served.running.client.createUpload({
      fileName: '../../../etc/pass\u0000wd<script>.mp4',
      byteLength: 4,
    });
    expect(nasty.fileName).toBe('pass_wd_script_.mp4');
    await served.running.client.removeUpload(nasty.id);
  });
});

describe('views', () => {
  it('show pictures of the clip, its peaks and its mel, once drawn and then kept', async () => {
    const strip = await served.running.client.filmstrip(served.media.id, { frames: 5, height: 40 });
    expect(contract.filmstripSchema.parse(strip)).toMatchObject({ frames: 5, tileHeight: 40, rows: 1 });
    const sheet = Buffer.from(await (await fetch(served.url(strip.image))).arrayBuffer());
    expect(sheet.subarray(1, 4).toString()).toBe('PNG');
    expect(sheet.readUInt32BE(16)).toBe(strip.columns * strip.tileWidth);
    const beyond = await fetch(served.url(`/v1/media/${served.media.id}/filmstrip?fromSeconds=999`));
    expect([beyond.status, (await beyond.json()).error.code]).toEqual([400, 'usage']);
  });
});
