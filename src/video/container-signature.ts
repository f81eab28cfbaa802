/** @file Tells what a file is from its first bytes, so that only known containers reach a demuxer. */
import type { MediaContainer } from './media-facts.js';

/** What the first bytes say: a container that is read, or the name of something that is not, with a way out. */
export type ContainerSignature =
  | { readonly kind: 'readable'; readonly container: MediaContainer }
  | { readonly kind: 'foreign'; readonly name: string; readonly hint: string };

/** This many bytes decide; fewer are fine for a shorter file. */
export const SIGNATURE_BYTES = 4096;

const convertHint =
  'Convert it first, for example: ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a aac OUTPUT.mp4';
const soundHint = 'Give a video file: the sound is made from what is seen.';
const expectedHint = 'Give an MP4, MOV, WebM or MKV file.';

/** First boxes that a QuickTime or MP4 file may start with. */
const leadingBoxes = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);

/** `head` is the start of the file, up to {@link SIGNATURE_BYTES} bytes. */
export function identifyContainer(head: Uint8Array): ContainerSignature {
  const at = (offset: number, text: string) => ascii(head, offset, text.length) === text;
  const bytes = (...expected: number[]) => expected.every((value, index) => head[index] === value);

  const box = ascii(head, 4, 4);
  if (leadingBoxes.has(box)) {
    const isQuickTime = box !== 'ftyp' || at(8, 'qt  ');
    return { kind: 'readable', container: isQuickTime ? 'mov' : 'mp4' };
  }
  if (bytes(0x1a, 0x45, 0xdf, 0xa3)) return { kind: 'readable', container: isWebm(head) ? 'webm' : 'mkv' };

  if (at(0, 'RIFF') && at(8, 'AVI ')) return foreign('an AVI file', convertHint);
  if (at(0, 'RIFF') && at(8, 'WAVE')) return foreign('a WAV sound file', soundHint);
  if (at(0, 'RIFF') && at(8, 'WEBP')) return foreign('a WebP picture', expectedHint);
  if (bytes(0, 0, 1, 0xba)) return foreign('an MPEG program stream', convertHint);
  if (bytes(0, 0, 1, 0xb3)) return foreign('an MPEG video stream without a container', convertHint);
  if (bytes(0x30, 0x26, 0xb2, 0x75)) return foreign('a Windows Media file', convertHint);
  if (at(0, 'FLV')) return foreign('a Flash video', convertHint);
  if (at(0, 'OggS')) return foreign('an Ogg file', convertHint);
  if (at(0, 'GIF8')) return foreign('a GIF animation', convertHint);
  if (
    at(0, 'ID3') ||
    (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0 && head[1] !== 0xff && head[1] !== 0xfe)
  ) {
    return foreign('an MPEG sound file', soundHint);
  }
  if (at(0, 'fLaC')) return foreign('a FLAC sound file', soundHint);
  if (at(0, '#EXTM3U')) return foreign('a playlist', expectedHint);
  if (bytes(0x89, 0x50, 0x4e, 0x47) || bytes(0xff, 0xd8, 0xff)) return foreign('a picture', expectedHint);
  if (head[0] === 0x47 && head[188] === 0x47) return foreign('an MPEG transport stream', convertHint);
  if (bytes(0, 0, 0, 1)) return foreign('a raw video stream without a container', convertHint);
  if (head.every((value) => value >= 0x20 || value === 9 || value === 10 || value === 13)) {
    return foreign('a text file', expectedHint);
  }
  return foreign('not a video file that is known here', expectedHint);
}

function foreign(name: string, hint: string): ContainerSignature {
  return { kind: 'foreign', name, hint };
}

function ascii(head: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...head.subarray(offset, offset + length));
}

/** The EBML header holds DocType (id 0x4282) as a short string; WebM says so, everything else is Matroska. */
function isWebm(head: Uint8Array): boolean {
  for (let offset = 4; offset + 7 < Math.min(head.length, 256); offset++) {
    if (head[offset] === 0x42 && head[offset + 1] === 0x82) return ascii(head, offset + 3, 4) === 'webm';
  }
  return false;
}
