import type { ManifestRow } from '../../src/data/manifest.js';
import { seededRandom } from '../../src/data/seeded-random.js';
import { librarySound, measureSound, quantise, type SoundLibrary } from '../../src/data/sound-library.js';

/** A small library of synthetic recordings: noise for textures, decaying bursts for events, two takes a class and split. */
export function fakeLibrary(): SoundLibrary {
  const random = seededRandom('fake library');
  const labels = ['rain', 'wind', 'gunshot', 'dog bark', 'footsteps', 'helicopter'];
  const sounds = labels.flatMap((label) =>
    (['train', 'val'] as const).flatMap((split) =>
      [0, 1].map((take) => {
        const isTexture = ['rain', 'wind', 'helicopter'].includes(label);
        const wave = new Float32Array(isTexture ? 64000 : 12800);
        for (let index = 0; index < wave.length; index++) {
          const decay = isTexture ? 1 : index < 1600 ? 0 : Math.exp(-(index - 1600) / 1500);
          wave[index] = 0.1 * decay * random.normal();
        }
        const { samples, scale } = quantise(wave);
        const row: ManifestRow = {
          file: `${label}/${split}-${take}.ogg`,
          label,
          fineLabel: label,
          licenceTier: 'A',
          source: 'synthetic',
          version: '1',
          pathInSource: '-',
          durationSeconds: wave.length / 16000,
          activeSeconds: wave.length / 16000,
          sourceRateHz: 16000,
          bandwidth99Hz: null,
          rmsDbfs: null,
          sourceGroup: `${label}:${split}`,
          split,
          attribution: '',
        };
        return librarySound(row, samples, { scale, ...measureSound(wave) });
      }),
    ),
  );
  return { sounds };
}
