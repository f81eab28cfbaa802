/** @file The fake library and the fake pictures as the folders that training reads. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { encodeWav } from '../../src/audio/wav-writer.js';
import { MANIFEST_COLUMNS } from '../../src/data/manifest.js';
import { fakeLibrary } from './fake-library.js';
import { fakePictureIndex, plain } from './fake-pictures.js';

/** Writes `manifest.tsv` and the recordings it names. */
export async function writeFakeRecordings(folder: string): Promise<void> {
  const lines = [MANIFEST_COLUMNS.join('\t')];
  for (const { row, samples } of fakeLibrary().sounds) {
    const file = row.file.replace('.ogg', '.wav');
    const wave = Float32Array.from(samples, (value) => value / 0x8000);
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), encodeWav({ sampleRateHz: 16000, channels: [wave] }));
    const { label, fineLabel, licenceTier, source, version, pathInSource, sourceGroup, split } = row;
    const seconds = row.durationSeconds.toFixed(2);
    const told = [file, label, fineLabel, licenceTier, source, version, pathInSource];
    lines.push([...told, seconds, seconds, 16000, '', '', sourceGroup, split, ''].join('\t'));
  }
  await writeFile(join(folder, 'manifest.tsv'), `${lines.join('\n')}\n`);
}

/** Writes the index, and the two pictures that all its entries show: a red sprite, a grey place. */
export async function writeFakePictures(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bitmaps = { sprite: plain(60, 40, [200, 40, 40, 255]), place: plain(60, 40, [120, 120, 120]) };
  for (const [name, { width, height, channels, data }] of Object.entries(bitmaps)) {
    await writeFile(join(folder, `${name}.png`), encode({ width, height, channels, data, depth: 8 }));
  }
  const pictures = fakePictureIndex.pictures.map((picture) => ({
    ...picture,
    file: picture.kind === 'sprite' ? 'sprite.png' : 'place.png',
  }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ ...fakePictureIndex, pictures }));
}
