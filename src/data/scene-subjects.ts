/** @file What can be seen and heard in a scene: real sizes, places, motions, and the pictures that show it. */
import type { MotionKind } from './trajectory.js';

export type Place = 'road' | 'rail' | 'ground' | 'water' | 'air' | 'indoor';

/** One kind of thing, e.g. "car": any of its pictures may sound like any of its sound classes. */
export interface SceneSubject {
  readonly id: string;
  readonly soundClassIds: readonly string[];
  /** Real size: of the picture's width or of its height. */
  readonly widthMetres?: readonly [low: number, high: number];
  readonly heightMetres?: readonly [low: number, high: number];
  readonly places: readonly Place[];
  readonly motions: readonly MotionKind[];
  readonly metresPerSecond: readonly [low: number, high: number];
  /** Whether it is heard stepping. */
  readonly steps?: boolean;
  /** How often it is drawn, compared with others; 1 unless given. */
  readonly weight?: number;
  /** Pictures for training: package prefix and path, see picture-packages.ts. */
  readonly train: readonly string[];
  /** Pictures that training never sees. */
  readonly val: readonly string[];
}

/** "prefix:folder/ a.png b.png" becomes one entry for each name. */
function pictures(...groups: readonly string[]): string[] {
  return groups.flatMap((group) => {
    const [folder, ...names] = group.split(' ');
    return names.map((name) => `${folder}${name}`);
  });
}

const drive: readonly MotionKind[] = [
  'pass-by',
  'pass-by',
  'approach-and-stop',
  'recede',
  'stop-and-go',
  'enter',
  'leave',
  'static',
];
const roam: readonly MotionKind[] = ['static', 'static', 'pass-by', 'enter', 'leave', 'approach-and-stop'];
const fly: readonly MotionKind[] = ['pass-by', 'fly-over', 'recede', 'enter', 'leave'];
const sail: readonly MotionKind[] = ['pass-by', 'enter', 'leave', 'approach-and-stop', 'static'];
const mammals = 'tux:animals/mammals/';

type Row = Omit<SceneSubject, 'id'>;

const rows: Readonly<Record<string, Row>> = {
  car: {
    weight: 2.5,
    soundClassIds: ['car', 'car', 'car', 'horn', 'skid-or-crash'],
    widthMetres: [3.8, 4.8],
    places: ['road', 'ground'],
    motions: drive,
    metresPerSecond: [3, 22],
    train: pictures(
      'tux:vehicles/auto/ sedan.png sportscar2.png sportscar3.svg',
      'tux:vehicles/race/ f1_car.svg indycar.png',
      'scr:Transportation/ car-blue.gif car-cow.gif car1.png car2.png convertible1.gif convertible2.gif',
    ),
    val: pictures(
      'tux:vehicles/auto/ beetle.png sportscar.svg',
      'scr:Transportation/ car-bug.gif convertible3.gif',
    ),
  },
  motorcycle: {
    soundClassIds: ['car'],
    widthMetres: [1.9, 2.3],
    places: ['road'],
    motions: drive,
    metresPerSecond: [4, 22],
    train: pictures('tux:vehicles/cycle/ motorbike.svg'),
    val: [],
  },
  truck: {
    weight: 1.5,
    soundClassIds: ['truck-or-traffic'],
    widthMetres: [6.5, 10.5],
    places: ['road', 'ground'],
    motions: drive,
    metresPerSecond: [3, 16],
    train: pictures(
      'tux:vehicles/auto/ truck.png',
      'tux:vehicles/ garbagetruck.png iso_bus.svg iso_lorry1.svg iso_lorry2.svg blue_truck.svg toy_truck.svg',
      'tux:vehicles/masstransit/cartoon/ double_decker_bus.png schoolbus.svg',
      'tux:vehicles/construction/cartoon/ bulldozer.svg',
      'tux:vehicles/farming/cartoon/ tractor.svg',
    ),
    val: pictures(
      'tux:vehicles/masstransit/ green_korean_bus.png',
      'tux:vehicles/ iso_lorry3.svg iso_lorry4.svg',
      'scr:Transportation/ bus.gif',
    ),
  },
  'fire-engine': {
    soundClassIds: ['siren', 'siren', 'horn'],
    widthMetres: [7, 9],
    places: ['road'],
    motions: drive,
    metresPerSecond: [5, 20],
    train: pictures('tux:vehicles/emergency/ firetruck.png'),
    val: pictures('tux:vehicles/ iso_fireengine.svg'),
  },
  train: {
    weight: 1.5,
    soundClassIds: ['train'],
    widthMetres: [14, 24],
    places: ['rail', 'ground'],
    motions: ['pass-by', 'pass-by', 'enter', 'leave', 'approach-and-stop', 'recede'],
    metresPerSecond: [5, 28],
    train: pictures(
      'tux:vehicles/locomotive/ white_train.svg',
      'tux:vehicles/locomotive/cartoon/ toy_train.png',
    ),
    val: pictures('scr:Transportation/ train.gif'),
  },
  'jet-airplane': {
    soundClassIds: ['jet-airplane'],
    widthMetres: [35, 65],
    places: ['air'],
    motions: fly,
    metresPerSecond: [50, 110],
    train: pictures(
      'tux:vehicles/flight/planes/ plane.svg',
      'scr:Transportation/ airplane.gif',
      'tux:military/vehicles/ f22_raptor.png',
    ),
    val: pictures('tux:vehicles/flight/planes/ 747.png'),
  },
  'propeller-airplane': {
    soundClassIds: ['propeller-airplane'],
    widthMetres: [7, 11],
    places: ['air'],
    motions: fly,
    metresPerSecond: [25, 60],
    train: pictures('tux:vehicles/flight/planes/cartoon/ plane.png', 'tux:military/vehicles/ mustang.svg'),
    val: pictures('scr:Transportation/ airplane1.png'),
  },
  helicopter: {
    soundClassIds: ['helicopter'],
    widthMetres: [9, 15],
    places: ['air'],
    motions: ['pass-by', 'circle', 'fly-over', 'static', 'enter', 'leave', 'recede'],
    metresPerSecond: [5, 35],
    train: pictures('tux:vehicles/flight/cartoon/ eddieCopter.png'),
    val: pictures('scr:Transportation/ helicopter1.png'),
  },
  rocket: {
    weight: 0.5,
    soundClassIds: ['rocket'],
    heightMetres: [20, 50],
    places: ['air'],
    motions: ['fly-over', 'pass-by', 'static'],
    metresPerSecond: [10, 60],
    train: pictures('tux:space/ rocket1.svg rocket5.svg'),
    val: pictures('tux:space/ rocket3.svg'),
  },
  boat: {
    weight: 1.5,
    soundClassIds: ['boat'],
    widthMetres: [7, 25],
    places: ['water'],
    motions: sail,
    metresPerSecond: [1, 8],
    train: pictures(
      'scr:Transportation/ sail-boat.gif yacht.gif',
      'tux:vehicles/ship/ chineseJunk.png sail_boat1.svg',
      'tux:vehicles/ship/cartoon/ tugboat.png',
    ),
    val: pictures('scr:Transportation/ tug-boat.gif', 'tux:vehicles/ship/ sail_boat2.svg'),
  },
  person: {
    soundClassIds: ['footsteps'],
    heightMetres: [1.55, 1.9],
    places: ['ground', 'road', 'indoor'],
    motions: ['gait', 'gait', 'enter', 'leave', 'stop-and-go', 'recede'],
    metresPerSecond: [0.9, 2.6],
    steps: true,
    weight: 3,
    train: pictures(
      'scr:People/ anjuli-4.gif anjuli-5.gif boy1-walking.gif boy4-walking-a.gif boy4-walking-c.gif cassy-dancing-2.gif dan5.gif',
      'scr:People/ girl1-walking.gif girl3-running.gif football-run.gif mako-stop.gif nathan.gif paul1.gif referee2.gif sam.gif',
    ),
    val: pictures(
      'scr:People/ anna-1.gif boy2.gif boy4-walking-e.gif cassy-chillin.gif dan3.gif referee1.gif jay.gif',
    ),
  },
  baby: {
    soundClassIds: ['baby-cry'],
    heightMetres: [0.6, 0.8],
    places: ['indoor', 'ground'],
    motions: ['static', 'static', 'enter', 'leave'],
    metresPerSecond: [0.2, 0.6],
    train: pictures('scr:People/ baby.png'),
    val: [],
  },
  dog: {
    weight: 2,
    soundClassIds: ['dog-bark'],
    heightMetres: [0.45, 0.85],
    places: ['ground', 'road', 'indoor'],
    motions: roam,
    metresPerSecond: [0.7, 4],
    train: pictures(
      `${mammals}dogs/ dog.png`,
      'scr:Animals/ dog1-a.png dog2-b.png',
      'gcw: dog.webp',
      'gcf: dog.webp',
    ),
    val: pictures(`${mammals}dogs/ dingo.png`, 'scr:Animals/ dog2-c.png'),
  },
  wolf: {
    weight: 0.5,
    soundClassIds: ['wolf-howl'],
    heightMetres: [0.7, 0.9],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.7, 3],
    train: pictures('gcw: wolf.webp'),
    val: [],
  },
  cat: {
    soundClassIds: ['cat-meow'],
    heightMetres: [0.25, 0.4],
    places: ['ground', 'indoor'],
    motions: roam,
    metresPerSecond: [0.4, 2],
    train: pictures(
      `${mammals}cats/ kitten.svg`,
      'scr:Animals/ cat2.gif cat4.png',
      'gcw: cat.webp',
      'gce: kitten.webp',
    ),
    val: pictures('gcf: cat.webp'),
  },
  horse: {
    soundClassIds: ['horse-gallop', 'horse-gallop', 'horse-neigh'],
    heightMetres: [1.5, 1.9],
    places: ['ground', 'road'],
    motions: ['gait', 'gait', 'pass-by', 'enter', 'leave', 'static'],
    metresPerSecond: [2, 10],
    steps: true,
    weight: 2.5,
    train: pictures(
      `${mammals}equines/ donkey.png zebra.png`,
      'scr:Animals/ horse1-a.png horse2.png',
      'gcw: horse.webp',
      'gce: horse.webp',
    ),
    val: pictures(`${mammals}equines/ horse.png`, 'scr:Animals/ horse1-b.png', 'gcf: horse.webp'),
  },
  cow: {
    soundClassIds: ['cow'],
    heightMetres: [1.3, 1.6],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.4, 2],
    train: pictures(
      `${mammals}bovines/ bull.png cow_white.png zebu.png yak.png`,
      'gcw: cow.webp bull.webp',
      'gce: calf.webp',
    ),
    val: pictures(`${mammals}bovines/ cow.png`, 'scr:Animals/ cow1.gif', 'gcf: cow.webp'),
  },
  sheep: {
    soundClassIds: ['sheep-or-goat'],
    heightMetres: [0.7, 1],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.4, 2],
    train: pictures(
      `${mammals}bovines/ sheep.png goat.png ram.png`,
      'gcw: sheep.webp',
      'gce: goat.webp nubian_ibex.webp',
    ),
    val: pictures(`${mammals}bovines/ sheep_lamb.png mountaingoat.png`, 'gcf: sheep.webp'),
  },
  pig: {
    soundClassIds: ['pig'],
    heightMetres: [0.6, 0.9],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.4, 2],
    train: pictures(`${mammals} pig.png wildboar.png pig_golden2.png`, 'gcw: pig.webp'),
    val: pictures(`${mammals} pig_golden.png`, 'gcf: pig.webp'),
  },
  chicken: {
    weight: 1.3,
    soundClassIds: ['chicken', 'rooster'],
    heightMetres: [0.35, 0.55],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.3, 1.5],
    train: pictures('tux:animals/birds/ rooster.png chicken_profile.png', 'gcw: chicken.webp'),
    val: pictures('tux:animals/birds/ hen.png', 'gcf: chicken.webp'),
  },
  turkey: {
    weight: 0.5,
    soundClassIds: ['chicken'],
    heightMetres: [0.7, 1],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.3, 1.5],
    train: pictures('tux:animals/birds/ turkey.png', 'gcw: turkey.webp'),
    val: [],
  },
  duck: {
    soundClassIds: ['duck-or-goose'],
    heightMetres: [0.35, 0.8],
    places: ['ground', 'water'],
    motions: roam,
    metresPerSecond: [0.3, 1.5],
    train: pictures(
      'tux:animals/birds/ duck.png gander.png',
      'gcw: duck.webp',
      'gce: gosling.webp swans.webp',
    ),
    val: pictures('tux:animals/birds/ drake.png', 'scr:Animals/ duck1.png', 'gcf: duck.webp'),
  },
  bird: {
    weight: 1.5,
    soundClassIds: ['birds-chirping'],
    heightMetres: [0.15, 0.35],
    places: ['ground', 'air'],
    motions: ['static', 'static', 'pass-by', 'enter', 'leave', 'circle'],
    metresPerSecond: [0.5, 5],
    train: pictures(
      'tux:animals/birds/ blackbird.png lark.png adelaide-rosella.png tucan.png swallow.svg',
      'scr:Animals/ parrot1-a.png',
      'gcw: bird.webp',
      'gce: toucan.webp northern_harrier.webp',
    ),
    val: pictures(
      'tux:animals/birds/ rainbow-lorikeet.png cuckoo.png',
      'scr:Animals/ parrot1-b.png',
      'gce: kingfisher.webp',
    ),
  },
  'crow-or-gull': {
    soundClassIds: ['crow-or-gull'],
    heightMetres: [0.35, 0.5],
    places: ['ground', 'air', 'water'],
    motions: ['static', 'pass-by', 'enter', 'leave', 'circle'],
    metresPerSecond: [1, 6],
    train: pictures('tux:animals/birds/ crow.png seagull.png'),
    val: pictures('tux:animals/birds/ silver-gull.png magpie.png'),
  },
  owl: {
    weight: 0.4,
    soundClassIds: ['owl'],
    heightMetres: [0.4, 0.6],
    places: ['ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:animals/birds/ owl.png', 'gcw: owl.webp'),
    val: pictures('gcf: owl.webp'),
  },
  elephant: {
    soundClassIds: ['elephant'],
    heightMetres: [2.3, 3.2],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.6, 3],
    train: pictures(`${mammals} elephant.png`, 'scr:Animals/ elephant1-a.png'),
    val: pictures('scr:Animals/ elephant.gif'),
  },
  'big-cat': {
    soundClassIds: ['big-cat'],
    heightMetres: [0.8, 1.2],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.6, 4],
    train: pictures(
      `${mammals}cats/ lion.png tiger.png cheetah.svg`,
      'scr:Animals/ lion1-a.png lioness1.png',
      'gce: cheetah.webp',
    ),
    val: pictures(`${mammals}cats/ lion-2.png tiger_sumatran.png`),
  },
  'wild-animal': {
    soundClassIds: ['wild-animal'],
    heightMetres: [1.2, 1.9],
    places: ['ground'],
    motions: roam,
    metresPerSecond: [0.5, 2],
    train: pictures(
      `${mammals} apes/gorilla.png camel/camel.png bears/bear.png`,
      'gcw: bear.webp',
      'gce: camels.webp gorilla.webp',
    ),
    val: pictures(`${mammals} bears/european-bear.png camel/dromedary.png`),
  },
  frog: {
    soundClassIds: ['frog'],
    heightMetres: [0.12, 0.2],
    places: ['ground', 'water'],
    motions: ['static', 'static', 'enter'],
    metresPerSecond: [0.2, 0.8],
    train: pictures('tux:animals/amphibians/ frog.png', 'gcw: frog.webp'),
    val: pictures('tux:animals/amphibians/ frog-1.png'),
  },
  insect: {
    soundClassIds: ['insects'],
    widthMetres: [0.15, 0.2],
    places: ['ground'],
    motions: ['static', 'pass-by', 'enter', 'leave'],
    metresPerSecond: [0.1, 0.6],
    train: pictures(
      'tux:animals/insects/ bee.png grasshopper.png hornet.png',
      'scr:Animals/ bee1.gif grasshopper1.gif',
      'gcw: bee.webp',
    ),
    val: pictures('tux:animals/insects/ hoverfly.png', 'scr:Animals/ grasshopper2.gif', 'gce: bee.webp'),
  },
  'sea-animal': {
    soundClassIds: ['sea-animal'],
    widthMetres: [1.8, 6],
    places: ['water'],
    motions: ['pass-by', 'enter', 'leave', 'static'],
    metresPerSecond: [0.5, 4],
    train: pictures(
      `${mammals}aquatic/ dolphin.png orca.png sea_lion.png`,
      'gcw: dolphin.webp',
      'gce: dolphin.webp',
    ),
    val: pictures(`${mammals}aquatic/ whale.png`, 'scr:Animals/ whale1.gif'),
  },
  ball: {
    weight: 2.5,
    soundClassIds: ['ball-bounce'],
    widthMetres: [0.2, 0.3],
    places: ['ground', 'road', 'indoor'],
    motions: ['bounce'],
    metresPerSecond: [0, 1.2],
    train: pictures('tux:sports/ basketball.png soccer.png', 'scr:Things/ beachball1.png soccer1.png'),
    val: pictures('tux:sports/ tennis_ball.png', 'scr:Things/ basketball.png'),
  },
  fire: {
    weight: 0.4,
    soundClassIds: ['fire'],
    heightMetres: [1, 2],
    places: ['ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:naturalforces/ fire.png'),
    val: [],
  },
  explosion: {
    weight: 0.3,
    soundClassIds: ['explosion'],
    heightMetres: [6, 15],
    places: ['ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:naturalforces/ explosion.png'),
    val: [],
  },
  lightning: {
    weight: 0.3,
    soundClassIds: ['thunder'],
    heightMetres: [60, 120],
    places: ['air'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:naturalforces/ lightningbolt.png'),
    val: [],
  },
  hammer: {
    weight: 0.4,
    soundClassIds: ['hammering'],
    widthMetres: [0.3, 0.4],
    places: ['indoor', 'ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:household/tools/ hammer.png'),
    val: pictures('tux:household/tools/ hammer2.svg'),
  },
  saw: {
    weight: 0.4,
    soundClassIds: ['sawing-or-chopping'],
    widthMetres: [0.5, 0.7],
    places: ['indoor', 'ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:household/tools/ saw.png'),
    val: [],
  },
  clock: {
    weight: 0.4,
    soundClassIds: ['clock'],
    heightMetres: [0.25, 0.4],
    places: ['indoor'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:symbols/ clockface.png', 'tux:sports/ stopwatch.svg'),
    val: pictures('tux:symbols/ clock.svg'),
  },
  machine: {
    weight: 0.4,
    soundClassIds: ['machine'],
    heightMetres: [0.8, 1.2],
    places: ['indoor'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:household/ Washing-machine.svg vacuum_cleaner.svg'),
    val: pictures('tux:household/tools/ cementmixer.png'),
  },
  telephone: {
    weight: 0.4,
    soundClassIds: ['bell'],
    widthMetres: [0.25, 0.35],
    places: ['indoor'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures('tux:household/electronics/ phone.svg'),
    val: [],
  },
};

export const SCENE_SUBJECTS: readonly SceneSubject[] = Object.entries(rows).map(([id, row]) => ({
  id,
  ...row,
}));
