/** @file Finds the codec delay of Matroska tracks, which mediabunny neither reads nor writes. */
import { type EbmlElement, elementsBetween, type ReadBytes, readElement, readUnsigned } from './ebml.js';

const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_NUMBER = 0xd7;
/** Nanoseconds that a decoder emits before what the first timestamp stands for. RFC 9559, section 5.1.4.1.25. */
export const CODEC_DELAY = 0x56aa;
export const SEEK_PRE_ROLL = 0x56bb;
const CLUSTER = 0x1f43b675;

export interface MatroskaDelay {
  readonly trackNumber: number;
  readonly codecDelay: { readonly element: EbmlElement; readonly seconds: number } | null;
  readonly seekPreRoll: { readonly element: EbmlElement; readonly seconds: number } | null;
}

/** One entry per track. Empty when the track list is not in front of the first cluster (where every muxer puts it). */
export async function readMatroskaDelays(read: ReadBytes, byteLength: number): Promise<MatroskaDelay[]> {
  const delays: MatroskaDelay[] = [];
  const tracks = await findTracks(read, byteLength);
  if (tracks === null) return delays;
  for await (const entry of elementsBetween(
    read,
    tracks.dataOffset,
    tracks.dataOffset + (tracks.size ?? 0),
  )) {
    if (entry.id !== TRACK_ENTRY) continue;
    let trackNumber = 0;
    let codecDelay: MatroskaDelay['codecDelay'] = null;
    let seekPreRoll: MatroskaDelay['seekPreRoll'] = null;
    for await (const element of elementsBetween(
      read,
      entry.dataOffset,
      entry.dataOffset + (entry.size ?? 0),
    )) {
      if (element.id === TRACK_NUMBER) trackNumber = await readUnsigned(read, element);
      const seconds = (await readUnsigned(read, element)) / 1e9;
      if (element.id === CODEC_DELAY) codecDelay = { element, seconds };
      if (element.id === SEEK_PRE_ROLL) seekPreRoll = { element, seconds };
    }
    delays.push({ trackNumber, codecDelay, seekPreRoll });
  }
  return delays;
}

async function findTracks(read: ReadBytes, byteLength: number): Promise<EbmlElement | null> {
  const header = await readElement(read, 0);
  const segment = header && (await readElement(read, header.dataOffset + (header.size ?? 0)));
  if (segment?.id !== SEGMENT) return null;
  for await (const element of elementsBetween(read, segment.dataOffset, byteLength)) {
    if (element.id === TRACKS) return element;
    if (element.id === CLUSTER) return null;
  }
  return null;
}
