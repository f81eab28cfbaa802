/** @file A scene as an MP4: its frames in H.264 and its stereo sound in AAC. */
import { writeFile } from 'node:fs/promises';
import {
  AudioSample,
  AudioSampleSource,
  BufferTarget,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  VideoSample,
  VideoSampleSource,
} from 'mediabunny';
import type { Wave } from '../audio/wave.js';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import { withTemporaryPath } from '../files/atomic-file.node.js';
import { loadCodecs } from '../video/codecs.node.js';
import type { PictureStore } from './picture-store.node.js';
import type { Scene } from './scene.js';
import { framesOfScene, type SceneFramesOptions } from './scene-frames.node.js';

/**
 * Renders and encodes a scene.
 * @throws FoleyError `platform-missing` without the codecs, `output-failed` when encoding or writing fails
 */
export async function encodeSceneClip(
  scene: Scene,
  pictures: PictureStore,
  sound: Wave,
  path: string,
  options: SceneFramesOptions,
): Promise<void> {
  await loadCodecs();
  await withTemporaryPath(path, async (temporaryPath) => {
    const output = new Output({
      format: new Mp4OutputFormat({ fastStart: 'in-memory' }),
      target: new BufferTarget(),
    });
    const video = new VideoSampleSource({ codec: 'avc', bitrate: QUALITY_HIGH, keyFrameInterval: 2 });
    const audio = new AudioSampleSource({ codec: 'aac', bitrate: 128_000 });
    output.addVideoTrack(video, { frameRate: options.framesPerSecond });
    output.addAudioTrack(audio);
    try {
      await output.start();
      for await (const frame of framesOfScene(scene, pictures, options)) {
        const sample = new VideoSample(rgbx(frame.data), {
          format: 'RGBX',
          codedWidth: frame.width,
          codedHeight: frame.height,
          timestamp: frame.timeSeconds,
          duration: 1 / options.framesPerSecond,
        });
        await video.add(sample);
        sample.close();
      }
      const sample = new AudioSample({
        data: concatenated(sound.channels),
        format: 'f32-planar',
        numberOfChannels: sound.channels.length,
        sampleRate: sound.sampleRateHz,
        timestamp: 0,
      });
      await audio.add(sample);
      sample.close();
      await output.finalize();
    } catch (cause) {
      await output.cancel();
      throw new FoleyError('output-failed', `scene ${scene.id} cannot be encoded: ${messageOf(cause)}`, {
        cause,
      });
    }
    await writeFile(temporaryPath, new Uint8Array(output.target.buffer!));
  });
}

/** RGB to RGBX, the nearest layout that encoders take. */
function rgbx(rgb: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    out[to] = rgb[from]!;
    out[to + 1] = rgb[from + 1]!;
    out[to + 2] = rgb[from + 2]!;
  }
  return out;
}

function concatenated(channels: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(channels.reduce((sum, channel) => sum + channel.length, 0));
  let offset = 0;
  for (const channel of channels) {
    out.set(channel, offset);
    offset += channel.length;
  }
  return out;
}
