import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('@mediabunny/server');
  vi.resetModules();
});

it('says how to install the codecs where they are missing', async () => {
  vi.doMock('@mediabunny/server', () => {
    throw new Error("Cannot find package '@mediabunny/server'");
  });
  const { loadCodecs } = await import('../../src/video/codecs.node.js');
  await expect(loadCodecs()).rejects.toMatchObject({
    name: 'FoleyError',
    code: 'platform-missing',
    hint: expect.stringContaining('npm install @mediabunny/server'),
  });
});

it('opens a clip and tells its facts without any codec', async () => {
  vi.doMock('@mediabunny/server', () => {
    throw new Error('not installed');
  });
  const { readMediaFacts } = await import('../../src/video/open-media.node.js');
  expect(await readMediaFacts('examples/dog-lying.mp4')).toMatchObject({
    container: 'mp4',
    video: { codec: 'h264', width: 854, height: 480, frameCount: 41, isVariableFrameRate: true },
    audio: [{ codec: 'aac', channels: 2, sampleRateHz: 48_000 }],
  });
});
