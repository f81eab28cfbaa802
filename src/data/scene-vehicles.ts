/** @file Vehicles that can be seen and heard in a scene (see scene-subject.ts for the meaning). */
import { emoji, pictures, type SubjectRow } from './scene-subject-row.js';
import type { MotionKind } from './trajectory.js';

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
const fly: readonly MotionKind[] = ['pass-by', 'fly-over', 'recede', 'enter', 'leave'];
const sail: readonly MotionKind[] = ['pass-by', 'enter', 'leave', 'approach-and-stop', 'static'];

export const VEHICLES: Readonly<Record<string, SubjectRow>> = {
  car: {
    weight: 2.5,
    soundClassIds: ['car', 'car', 'car', 'horn', 'skid-or-crash'],
    widthMetres: [3.8, 4.8],
    places: ['road', 'ground'],
    motions: drive,
    metresPerSecond: [3, 22],
    train: [
      ...pictures(
        'tux:vehicles/auto/ sedan.png sportscar2.png sportscar3.svg',
        'tux:vehicles/race/ f1_car.svg indycar.png',
        'scr:Transportation/ car-blue.gif car-cow.gif car1.png car2.png convertible1.gif convertible2.gif',
        'oca:transportation/ blazer_01.png car_jamin_ellis_.png dodge_neon_green_ganson.png formula_one_car_gerald_g_01.png hummer_03.png old_car_lumen_design_st_r.png road_runner_ganson.png sportcar_sergio_luiz_ara_01.png toyota_land_cruiser_ganson.png skoda_car_alejandro_teja_.png car_ride_ganson.png',
        'oca:transportation/vehicles/ 4wd.png car.png',
      ),
      ...emoji('1f697 1f698 1f699 1f695 1f696 1f3ce-fe0f'),
    ],
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
    train: [
      ...pictures('tux:vehicles/cycle/ motorbike.svg', 'oca:transportation/ motorcycle_jarno_vasama_.png'),
      ...emoji('1f3cd-fe0f 1f6f5'),
    ],
    val: [],
  },
  truck: {
    weight: 1.5,
    soundClassIds: ['truck-or-traffic'],
    widthMetres: [6.5, 10.5],
    places: ['road', 'ground'],
    motions: drive,
    metresPerSecond: [3, 16],
    train: [
      ...pictures(
        'tux:vehicles/auto/ truck.png',
        'tux:vehicles/ garbagetruck.png iso_bus.svg iso_lorry1.svg iso_lorry2.svg blue_truck.svg toy_truck.svg',
        'tux:vehicles/masstransit/cartoon/ double_decker_bus.png schoolbus.svg',
        'tux:vehicles/construction/cartoon/ bulldozer.svg',
        'tux:vehicles/farming/cartoon/ tractor.svg',
        'oca:transportation/ big_truck_01.png bus1_jarno_vasamaa_01.png bus2_jarno_vasamaa_01.png small_truck_steffen_gluc_01.png truck_jarno_vasamaa1.png truck_jarno_vasamaa_.png',
        'oca:transportation/vehicles/ trattore_architetto_fran_01.png',
      ),
      ...emoji('1f69a 1f69b 1f68c 1f68d 1f690 1f69c 1f68e'),
    ],
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
    train: [...pictures('tux:vehicles/emergency/ firetruck.png'), ...emoji('1f692 1f691 1f693 1f694')],
    val: pictures('tux:vehicles/ iso_fireengine.svg'),
  },
  train: {
    weight: 1.5,
    soundClassIds: ['train'],
    widthMetres: [14, 24],
    places: ['rail', 'ground'],
    motions: ['pass-by', 'pass-by', 'enter', 'leave', 'approach-and-stop', 'recede'],
    metresPerSecond: [5, 28],
    train: [
      ...pictures(
        'tux:vehicles/locomotive/ white_train.svg',
        'tux:vehicles/locomotive/cartoon/ toy_train.png',
        'oca:transportation/ tramway_lumen_design_stu_01.png',
      ),
      ...emoji('1f682 1f683 1f684 1f685 1f686 1f688 1f68a 1f69d 1f68b'),
    ],
    val: pictures('scr:Transportation/ train.gif'),
  },
  'jet-airplane': {
    soundClassIds: ['jet-airplane'],
    widthMetres: [35, 65],
    places: ['air'],
    motions: fly,
    metresPerSecond: [50, 110],
    train: [
      ...pictures(
        'tux:vehicles/flight/planes/ plane.svg',
        'scr:Transportation/ airplane.gif',
        'tux:military/vehicles/ f22_raptor.png',
        'oca:transportation/vehicles/ aircraft_jarno_vasamaa2.png aircraft_jarno_vasamaa4.png aircraft_jarno_vasamaa_.png military_airplane_mo_01.png plane_silhouet_mo_01.png',
      ),
      ...emoji('2708-fe0f'),
    ],
    val: pictures('tux:vehicles/flight/planes/ 747.png'),
  },
  'propeller-airplane': {
    soundClassIds: ['propeller-airplane'],
    widthMetres: [7, 11],
    places: ['air'],
    motions: fly,
    metresPerSecond: [25, 60],
    train: [
      ...pictures(
        'tux:vehicles/flight/planes/cartoon/ plane.png',
        'tux:military/vehicles/ mustang.svg',
        'oca:transportation/vehicles/ aircraft_jarno_vasamaa1.png aircraft_jarno_vasamaa3.png',
      ),
      ...emoji('1f6e9-fe0f'),
    ],
    val: pictures('scr:Transportation/ airplane1.png'),
  },
  helicopter: {
    soundClassIds: ['helicopter'],
    widthMetres: [9, 15],
    places: ['air'],
    motions: ['pass-by', 'circle', 'fly-over', 'static', 'enter', 'leave', 'recede'],
    metresPerSecond: [5, 35],
    train: [...pictures('tux:vehicles/flight/cartoon/ eddieCopter.png'), ...emoji('1f681')],
    val: pictures('scr:Transportation/ helicopter1.png'),
  },
  rocket: {
    weight: 0.5,
    soundClassIds: ['rocket'],
    heightMetres: [20, 50],
    places: ['air'],
    motions: ['fly-over', 'pass-by', 'static'],
    metresPerSecond: [10, 60],
    train: [
      ...pictures('tux:space/ rocket1.svg rocket5.svg', 'oca:transportation/vehicles/ rocket.png'),
      ...emoji('1f680'),
    ],
    val: pictures('tux:space/ rocket3.svg'),
  },
  boat: {
    weight: 1.5,
    soundClassIds: ['boat'],
    widthMetres: [7, 25],
    places: ['water'],
    motions: sail,
    metresPerSecond: [1, 8],
    train: [
      ...pictures(
        'scr:Transportation/ sail-boat.gif yacht.gif',
        'tux:vehicles/ship/ chineseJunk.png sail_boat1.svg',
        'tux:vehicles/ship/cartoon/ tugboat.png',
        'oca:transportation/boating/ boat_jarno_vasamaa1.png boat_jarno_vasamaa_.png sailboat_illustration.png',
        'oca:transportation/vehicles/ trawler_01.png',
      ),
      ...emoji('1f6a2 26f5 1f6e5-fe0f 1f6a4 26f4-fe0f'),
    ],
    val: pictures('scr:Transportation/ tug-boat.gif', 'tux:vehicles/ship/ sail_boat2.svg'),
  },
};
