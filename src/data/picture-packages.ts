/** @file Where pictures come from: packages, their licences, the backgrounds, and how a picture is named. */
import type { Place } from './scene-subject.js';

/** A folder of pictures inside a package. */
export interface PictureFolder {
  readonly package: string;
  readonly version: string;
  readonly licence: string;
  /** Path inside the package, ending with a slash. */
  readonly folder: string;
  /** The Qt resource file that holds the folder; null where the pictures lie openly. */
  readonly resourceFile: string | null;
}

const gcompris = (activity: string, folder: string, licence: string): PictureFolder => ({
  package: 'gcompris-qt-data',
  version: '3.1-2',
  licence,
  folder: `gcompris/src/activities/${activity}/resource/${folder}`,
  resourceFile: `usr/share/gcompris-qt/rcc/${activity}.rcc`,
});

/** By the prefix of a picture's id, e.g. "tux:vehicles/auto/sedan.png". */
export const PICTURE_FOLDERS: Readonly<Record<string, PictureFolder>> = {
  tux: {
    package: 'tuxpaint-stamps-default',
    version: '2022.06.04-1',
    licence: 'GPL-2.0-or-later',
    folder: 'usr/share/tuxpaint/stamps/',
    resourceFile: null,
  },
  scr: {
    package: 'scratch',
    version: '1.4.0.6~dfsg1-6.1',
    licence: 'CC-BY-SA-3.0',
    folder: 'usr/share/scratch/Media/Costumes/',
    resourceFile: null,
  },
  bg: {
    package: 'scratch',
    version: '1.4.0.6~dfsg1-6.1',
    licence: 'CC-BY-SA-3.0',
    folder: 'usr/share/scratch/Media/Backgrounds/',
    resourceFile: null,
  },
  // Photographs: the licence of each file is in the README beside it.
  gcf: gcompris('explore_farm_animals', 'animals/', 'public domain or CC0-1.0, per file'),
  gce: gcompris('erase', '', 'CC0-1.0, CC-BY or CC-BY-SA, per file'),
  oca: {
    package: 'openclipart-png',
    version: '1:0.18+dfsg-19',
    licence: 'public domain',
    folder: 'usr/share/openclipart/png/',
    resourceFile: null,
  },
  // Of npm, not of Debian: unpacked, its files lie in a folder "package". The sets that reports on other domains show
  // (configs/domains) are not among these.
  emo: {
    package: 'openmoji',
    version: '17.0.0',
    licence: 'CC-BY-SA-4.0',
    folder: 'package/color/svg/',
    resourceFile: null,
  },
  // The package names no licence for these drawings apart from its own.
  gcw: gcompris('lang', 'words_sample/', 'GPL-3.0-or-later'),
};

/** Prefixes whose pictures are whole photographs, shown as they are instead of being cut out. */
export const PHOTO_PREFIXES: readonly string[] = ['gcf', 'gce'];

/** Licences under which a rendered scene could be handed on; GPL pictures only ever reach training frames. */
export function isRedistributable(licence: string): boolean {
  return !licence.startsWith('GPL');
}

export interface Background {
  readonly id: string;
  readonly places: readonly Place[];
  /** Sounds that the place itself makes, for scenes without an object. */
  readonly soundClassIds: readonly string[];
  readonly split: 'train' | 'val';
}

function background(name: string, places: string, sounds = ''): Background {
  const isVal = name.endsWith(' val');
  return {
    id: `bg:${name.replace(/ val$/, '')}`,
    places: places.split(' ') as Place[],
    soundClassIds: sounds === '' ? [] : sounds.split(' '),
    split: isVal ? 'val' : 'train',
  };
}

/** Photographs of places. */
export const BACKGROUNDS: readonly Background[] = [
  background('Outdoors/route66.jpg', 'road air', 'wind truck-or-traffic'),
  background('Outdoors/driveway.jpg val', 'road ground air', 'birds-chirping wind'),
  background('Outdoors/berkeley-mural.jpg', 'road'),
  background('Outdoors/parking-ramp.jpg', 'road', 'truck-or-traffic'),
  background('Outdoors/building-fireproof.jpg', 'road'),
  background('Outdoors/brick-wall1.jpg', 'road ground'),
  background('Outdoors/brick-wall2.jpg val', 'road ground'),
  background('Outdoors/building-at-mit.jpg val', 'road ground air'),
  background('Outdoors/houses.jpg', 'road ground'),
  background('Outdoors/village.jpg', 'road ground air', 'wind thunder'),
  background('Outdoors/castle.jpg', 'ground'),
  background('Outdoors/mansion.jpg', 'road ground air', 'birds-chirping'),
  background('Outdoors/silos.jpg', 'ground air'),
  background('Outdoors/wooden-house.jpg', 'ground air', 'wind'),
  background('Outdoors/the-movies.jpg', 'road', 'crowd'),
  background('Outdoors/bench-with-view.jpg', 'ground air', 'wind'),
  background('Outdoors/hay_field.jpg val', 'ground air', 'insects wind'),
  background('Outdoors/train-tracks1.jpg', 'rail air', 'birds-chirping'),
  background('Outdoors/train-tracks2.jpg val', 'rail air', 'insects'),
  background('Outdoors/city-with-water.jpg', 'water air', 'truck-or-traffic'),
  background('Outdoors/city-with-water2.jpg val', 'water air', 'truck-or-traffic'),
  background('Outdoors/boardwalk.jpg val', 'water air', 'sea-waves'),
  background('Outdoors/pool.jpg', 'water', 'splash'),
  background('Nature/beach-malibu.jpg', 'water air', 'sea-waves'),
  background('Nature/wave.jpg', 'water', 'sea-waves'),
  background('Nature/lake.jpg val', 'water ground', 'birds-chirping frog'),
  background('Nature/water-and-rocks.jpg', 'water', 'river river waterfall'),
  background('Nature/grand-canyon.jpg', 'water air', 'wind'),
  background('Nature/canyon.jpg', 'ground air', 'wind'),
  background('Nature/gravel-desert.jpg', 'ground road air', 'wind'),
  background('Nature/hill.jpg', 'ground air', 'wind'),
  background('Nature/forest.jpg', 'ground', 'birds-chirping wind'),
  background('Nature/garden-rock.jpg', 'ground', 'birds-chirping'),
  background('Nature/pathway.jpg', 'ground', 'birds-chirping'),
  background('Nature/tree.jpg', 'ground', 'insects birds-chirping'),
  background('Nature/woods-and-bench.jpg', 'ground', 'birds-chirping wind'),
  background('Nature/flower-bed.jpg', 'ground', 'insects'),
  background('Sports/playing-field.jpg val', 'ground air', 'crowd'),
  background('Sports/baseball-field.jpg', 'ground air', 'crowd applause'),
  background('Sports/football-field.jpg val', 'ground', 'crowd applause'),
  background('Sports/tennis-backboard.jpg', 'ground'),
  background('Sports/basketball-court1-a.jpg', 'ground road'),
  background('Indoors/kitchen.jpg', 'indoor', 'drips'),
  background('Indoors/hall.jpg val', 'indoor', 'crowd'),
  background('Indoors/clothing-store.jpg', 'indoor', 'crowd'),
  background('Indoors/room2.jpg val', 'indoor'),
  background('Indoors/chalkboard.jpg', 'indoor'),
  background('Indoors/room1.jpg', 'indoor', 'crowd'),
];
