/** @file The table of sound classes: merged labels, kind and caption phrases (see sound-class.ts for the meaning). */

import type { SoundClass } from './sound-class.js';
import { ANIMAL_CLASSES } from './sound-class-animals.js';
import { entry, fine } from './sound-class-entry.js';

export const SOUND_CLASS_TABLE: readonly SoundClass[] = [
  ...ANIMAL_CLASSES,
  // People
  entry('baby-cry', 'one-shot', 'baby cry', [
    ...['baby crying', 'a baby cries', 'a crying baby', 'an infant crying', 'wails of a baby'],
  ]),
  entry('sneeze-or-cough', 'one-shot', 'sneeze or cough', [
    ...['person sneezing', 'a person sneezes', 'a sneeze', 'someone coughing', 'sneezing and coughing'],
  ]),
  entry('laugh', 'one-shot', 'laugh', ['person laughing', 'laughter', 'someone laughs', 'a laughing person']),
  entry('footsteps', 'rhythmic', 'footsteps', [
    ...[
      'footsteps',
      'person walking',
      'walking steps',
      'someone walks',
      'footsteps on the ground',
      'a person runs',
    ],
  ]),
  entry('crowd', 'sustained', 'crowd chatter', [
    ...['crowd chattering', 'people talking', 'a crowd', 'chatter of many people', 'murmur of a crowd'],
  ]),
  entry('applause', 'sustained', 'applause and cheering', [
    ...['people clapping', 'applause', 'a crowd cheering', 'applause and cheering', 'clapping hands'],
  ]),
  // Vehicles
  entry(
    'car',
    'sustained',
    'car or motorcycle engine / passing',
    [
      'car engine running',
      'a car driving',
      'a car passing by',
      'car engine',
      'an engine idling',
      'a motor car',
    ],
    {
      fine: fine(null, {
        'motorbike idle': 'motorcycle idling; a motorbike engine',
        'motorcycle engine': 'motorcycle engine; a motorcycle riding',
        motorcycle: 'motorcycle passing by; a motorbike passes',
      }),
    },
  ),
  entry(
    'truck-or-traffic',
    'sustained',
    'truck, bus, road traffic',
    ['truck driving', 'a bus pulling away', 'a truck engine', 'a heavy vehicle', 'a bus driving'],
    { fine: fine(null, { traffic: 'road traffic; cars on a road; city traffic' }) },
  ),
  entry(
    'train',
    'sustained',
    'train',
    ['train passing', 'a train', 'a train on the rails', 'a railway train', 'a train rolling by'],
    { fine: fine('one-shot', { 'train whistle': 'train whistle; a locomotive whistles' }) },
  ),
  entry('helicopter', 'sustained', 'helicopter', [
    ...['helicopter flying', 'a helicopter', 'helicopter rotor', 'a helicopter hovering', 'chopper overhead'],
  ]),
  entry('jet-airplane', 'sustained', 'jet airplane', [
    ...[
      'jet airplane flying',
      'a jet flies by',
      'a jet engine',
      'an airplane taking off',
      'a passing jet plane',
    ],
  ]),
  entry('propeller-airplane', 'sustained', 'propeller airplane', [
    ...[
      'propeller airplane flying',
      'a propeller plane',
      'a small airplane',
      'airplane propeller',
      'a light aircraft',
    ],
  ]),
  entry(
    'boat',
    'sustained',
    'boat or ship',
    ['boat on the water', 'a boat', 'a ship at sea', 'a ship in a harbour', 'boat rocking in the water'],
    { fine: fine(null, { 'motor boat': 'motor boat; a boat engine running' }) },
  ),
  entry('siren', 'sustained', 'siren or horn', [
    ...['siren wailing', 'an emergency siren', 'a police siren', 'a fire engine siren', 'ambulance siren'],
  ]),
  entry(
    'horn',
    'one-shot',
    'siren or horn',
    ['car horn honking', 'a car horn', 'a vehicle honks', 'honking', 'a horn beeps'],
    {
      onlyFine: ['bicycle horn', 'car horn', 'vehicle horn'],
      fine: fine(null, { 'bicycle horn': 'bicycle horn; a bicycle honks' }),
    },
  ),
  entry(
    'skid-or-crash',
    'one-shot',
    'tyre skid or crash',
    ['tires skidding', 'squealing tires', 'a car skids', 'a crash', 'a car crashing'],
    {
      fine: fine(null, {
        crash: 'crash; a loud crash',
        'car impact': 'car crash; a car crashing',
        'tire skid': 'tires skidding; squealing tires',
        'tyre skid': 'tires skidding; squealing tires',
      }),
    },
  ),
  entry('rocket', 'one-shot', 'rocket or missile', [
    ...['rocket launching', 'a rocket launch', 'a missile', 'a rocket takes off'],
  ]),
  // Weather, water, fire
  entry('rain', 'sustained', 'rain', [
    'rain falling',
    'rain',
    'heavy rain',
    'raindrops',
    'pouring rain',
    'it rains',
  ]),
  entry('wind', 'sustained', 'wind', [
    'wind blowing',
    'wind',
    'howling wind',
    'strong wind',
    'wind in the trees',
  ]),
  entry('thunder', 'one-shot', 'thunderstorm', [
    ...['thunder', 'thunderstorm', 'thunder rumbling', 'a clap of thunder', 'rolling thunder'],
  ]),
  entry('sea-waves', 'sustained', 'sea waves', [
    ...['sea waves', 'waves breaking on the shore', 'ocean waves', 'surf at the beach', 'waves crashing'],
  ]),
  entry('river', 'sustained', 'river stream', [
    ...['stream flowing', 'a river', 'a babbling brook', 'running water', 'water flowing in a stream'],
  ]),
  entry('waterfall', 'sustained', 'waterfall', [
    ...['waterfall', 'a waterfall', 'rushing water', 'water falling from a cliff', 'roaring waterfall'],
  ]),
  entry(
    'drips',
    'rhythmic',
    'drips and bubbles',
    ['water dripping', 'drops of water', 'dripping water', 'drip drop', 'a dripping tap'],
    { fine: fine(null, { bubbles: 'bubbles in water; bubbling water; gurgling bubbles' }) },
  ),
  entry('splash', 'one-shot', 'water splash', [
    ...['water splashing', 'a splash', 'a splash of water', 'something falls into water', 'splashing'],
  ]),
  entry('fire', 'sustained', 'fire crackling', [
    ...['fire crackling', 'a crackling fire', 'fire burning', 'a campfire', 'a burning fireplace'],
  ]),
  // Things and tools
  entry(
    'bell',
    'one-shot',
    'bell, gong, alarm',
    ['bell ringing', 'a bell rings', 'a ringing bell', 'a gong', 'chime of a bell'],
    {
      fine: fine(null, {
        'bicycle bell': 'bicycle bell; a bicycle bell rings',
        'church bells': 'church bells ringing; church bells',
        doorbell: 'doorbell ringing; a doorbell',
        'telephone or alarm': 'telephone ringing; an alarm rings',
      }),
    },
  ),
  entry('clock', 'rhythmic', 'clock tick', [
    ...['clock ticking', 'a clock ticks', 'ticking', 'a ticking clock', 'tick tock of a clock'],
  ]),
  entry(
    'door',
    'one-shot',
    'door',
    ['door closing', 'a door', 'a door opens and closes', 'a door slams', 'a creaking door'],
    {
      fine: fine(null, {
        'door close': 'door closing; a door slams shut',
        'door creak': 'door creaking; a creaking door',
        'door open': 'door opening; a door opens',
      }),
    },
  ),
  entry(
    'knock',
    'rhythmic',
    'knock or wood impact',
    ['knocking on wood', 'knocking', 'a knock', 'wood hitting wood', 'a wooden thud'],
    { fine: fine(null, { 'door knock': 'knocking on a door; someone knocks on the door' }) },
  ),
  entry('hammering', 'rhythmic', 'hammering metal or stone', [
    ...[
      'hammering',
      'a hammer hitting metal',
      'hammer strikes',
      'hammering on stone',
      'a pickaxe',
      'an anvil',
    ],
  ]),
  entry(
    'sawing-or-chopping',
    'rhythmic',
    'sawing or chopping wood',
    ['chopping wood', 'an axe chopping wood', 'wood being chopped', 'cutting wood', 'a tree falling'],
    { fine: fine(null, { sawing: 'sawing wood; a hand saw; someone saws wood' }) },
  ),
  entry('chainsaw', 'sustained', 'chainsaw', [
    ...['chainsaw', 'a chainsaw running', 'a chainsaw cutting wood', 'a chain saw', 'revving chainsaw'],
  ]),
  entry(
    'machine',
    'sustained',
    'machine, factory, drill',
    ['machine running', 'a machine', 'factory machinery', 'an industrial machine', 'a humming machine'],
    { fine: fine(null, { 'compressor motor': 'compressor running; an electric motor' }) },
  ),
  entry(
    'steam-or-sparks',
    'sustained',
    'steam hiss or electric sparks',
    ['steam hissing', 'hiss of steam', 'a steam vent', 'hissing steam'],
    { fine: fine(null, { 'electric spark': 'electric sparks; electricity sparking' }) },
  ),
  entry(
    'small-mechanical',
    'one-shot',
    'small mechanical (coins, shutter, typing)',
    ['small mechanical click', 'coins clinking', 'a clicking mechanism', 'small metal things rattling'],
    {
      fine: fine(null, {
        'camera shutter': 'camera shutter; a camera takes a picture',
        coin: 'coin dropping; a coin',
        coins: 'coins clinking; coins jingling',
        'bicycle spokes': 'bicycle spokes clicking; a bicycle wheel',
      }),
    },
  ),
  entry('glass-breaking', 'one-shot', 'glass breaking', [
    ...['glass breaking', 'glass shatters', 'breaking glass', 'a window shattering'],
  ]),
  entry('ball-bounce', 'rhythmic', 'ball bouncing', [
    ...['ball bouncing', 'a bouncing ball', 'a ball bounces on the ground', 'bouncing of a ball'],
  ]),
  // Fight and blast
  entry('sword', 'one-shot', 'sword clash', [
    ...['swords clashing', 'a sword fight', 'sword clash', 'clashing blades', 'metal blades hitting'],
  ]),
  entry('arrow', 'one-shot', 'arrow and bow', [
    ...['arrow shot', 'a bow shooting an arrow', 'an arrow hits', 'arrows flying', 'bow and arrow'],
  ]),
  entry('gunshot', 'one-shot', 'gunshot', [
    ...['gun shooting', 'gunshots', 'a gunshot', 'a gun fires', 'gunfire', 'a shot is fired'],
  ]),
  entry('cannon', 'one-shot', 'cannon or siege engine', [
    ...['cannon firing', 'a cannon shot', 'a cannon fires', 'cannon fire', 'a catapult'],
  ]),
  entry(
    'explosion',
    'one-shot',
    'explosion or fireworks',
    ['explosion', 'an explosion', 'a loud explosion', 'something explodes', 'a blast'],
    {
      fine: fine(null, {
        'explosion distant': 'distant explosion; an explosion far away',
        fireworks: 'fireworks; fireworks exploding',
        'fireworks pop': 'fireworks popping; fireworks',
      }),
    },
  ),
];
