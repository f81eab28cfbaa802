/** @file People and things that can be seen and heard in a scene (see scene-subject.ts for the meaning). */
import { emoji, pictures, type SubjectRow } from './scene-subject-row.js';

export const PEOPLE: Readonly<Record<string, SubjectRow>> = {
  person: {
    soundClassIds: ['footsteps'],
    heightMetres: [1.55, 1.9],
    places: ['ground', 'road', 'indoor'],
    motions: ['gait', 'gait', 'enter', 'leave', 'stop-and-go', 'recede'],
    metresPerSecond: [0.9, 2.6],
    steps: true,
    weight: 3,
    train: [
      ...pictures(
        'scr:People/ anjuli-4.gif anjuli-5.gif boy1-walking.gif boy4-walking-a.gif boy4-walking-c.gif cassy-dancing-2.gif dan5.gif',
        'scr:People/ girl1-walking.gif girl3-running.gif football-run.gif mako-stop.gif nathan.gif paul1.gif referee2.gif sam.gif',
        'oca:people/ police_man_ganson.png',
      ),
      ...emoji(
        '1f6b6-1f3fb 1f6b6-1f3fd 1f6b6-1f3ff 1f6b6-200d-2640-fe0f 1f6b6-200d-2642-fe0f 1f3c3 1f3c3-1f3fb 1f3c3-1f3ff 1f3c3-200d-2640-fe0f',
      ),
    ],
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
    train: [...pictures('scr:People/ baby.png'), ...emoji('1f476')],
    val: [],
  },
};

export const THINGS: Readonly<Record<string, SubjectRow>> = {
  ball: {
    weight: 2.5,
    soundClassIds: ['ball-bounce'],
    widthMetres: [0.2, 0.3],
    places: ['ground', 'road', 'indoor'],
    motions: ['bounce'],
    metresPerSecond: [0, 1.2],
    train: [
      ...pictures(
        'tux:sports/ basketball.png soccer.png',
        'scr:Things/ beachball1.png soccer1.png',
        'oca:recreation/sports/ soccer_ball_ganson.png soccer_ballon_tanguy_jac_.png baseball_anthony_liekens_01.png volley-ball_andrea_bianc_01.png 8_ball_jarno_vasamaa.png volley_ball_angelo_gelmi_01.png',
      ),
      ...emoji('26bd 1f3c0 26be 1f3d0'),
    ],
    val: pictures('tux:sports/ tennis_ball.png', 'scr:Things/ basketball.png'),
  },
  fire: {
    weight: 0.4,
    soundClassIds: ['fire'],
    heightMetres: [1, 2],
    places: ['ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [...pictures('tux:naturalforces/ fire.png'), ...emoji('1f525')],
    val: [],
  },
  explosion: {
    weight: 0.3,
    soundClassIds: ['explosion'],
    heightMetres: [6, 15],
    places: ['ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [...pictures('tux:naturalforces/ explosion.png'), ...emoji('1f4a5')],
    val: [],
  },
  lightning: {
    weight: 0.3,
    soundClassIds: ['thunder'],
    heightMetres: [60, 120],
    places: ['air'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [...pictures('tux:naturalforces/ lightningbolt.png'), ...emoji('26a1')],
    val: [],
  },
  hammer: {
    weight: 0.4,
    soundClassIds: ['hammering'],
    widthMetres: [0.3, 0.4],
    places: ['indoor', 'ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [
      ...pictures(
        'tux:household/tools/ hammer.png',
        'oca:tools/ hammer_nicu_buculei_01.png construction_hammer_jon__01.png blacksmith_hammer_ganson.png',
      ),
      ...emoji('1f528'),
    ],
    val: pictures('tux:household/tools/ hammer2.svg'),
  },
  saw: {
    weight: 0.4,
    soundClassIds: ['sawing-or-chopping'],
    widthMetres: [0.5, 0.7],
    places: ['indoor', 'ground'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [
      ...pictures(
        'tux:household/tools/ saw.png',
        'oca:tools/ utensile_sega_architetto_01.png',
        'oca:unsorted/ motosega.png',
      ),
      ...emoji('1fa9a'),
    ],
    val: [],
  },
  clock: {
    weight: 0.4,
    soundClassIds: ['clock'],
    heightMetres: [0.25, 0.4],
    places: ['indoor'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [
      ...pictures(
        'tux:symbols/ clockface.png',
        'tux:sports/ stopwatch.svg',
        'oca:signs_and_symbols/clocks/ orologio_da_parete_archi_01.png alarm_clock_mike_powers_.png modern_clock_chris_kemps_01.png analog_clock_jonathan_di_01.png analogue_clock_01.png',
      ),
      ...emoji('23f0 1f570-fe0f 23f1-fe0f'),
    ],
    val: pictures('tux:symbols/ clock.svg'),
  },
  machine: {
    weight: 0.4,
    soundClassIds: ['machine'],
    heightMetres: [0.8, 1.2],
    places: ['indoor'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: pictures(
      'tux:household/ Washing-machine.svg vacuum_cleaner.svg',
      'oca:tools/ blue_vacuum_cleaner_jaim_01.png vavuum_cleaner_-_uprigh_01.png',
    ),
    val: pictures('tux:household/tools/ cementmixer.png'),
  },
  telephone: {
    weight: 0.4,
    soundClassIds: ['bell'],
    widthMetres: [0.25, 0.35],
    places: ['indoor'],
    motions: ['static'],
    metresPerSecond: [0, 0.1],
    train: [
      ...pictures(
        'tux:household/electronics/ phone.svg',
        'oca:office/telephone/ phone.png red_telephone_mimooh_01.png',
        'oca:computer/ classic_phone_zazou.png',
      ),
      ...emoji('260e-fe0f 1f4de'),
    ],
    val: [],
  },
};
