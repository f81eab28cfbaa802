/** @file The sound classes of animals: merged labels, kind and caption phrases (see sound-class.ts for the meaning). */

import type { SoundClass } from './sound-class.js';
import { entry, fine } from './sound-class-entry.js';

const wildAnimal = 'wild animal (lion, bear, elephant, ape)';
const elephants = ['elephant', 'elephant trumpet'];
const bigCats = [
  ...[
    'lion or big cat',
    'lion bellow',
    'leopard roar',
    'leopard saw',
    'leopard snarl',
    'leopard snort',
    'jaguar saw',
  ],
];

export const ANIMAL_CLASSES: readonly SoundClass[] = [
  entry(
    'dog-bark',
    'one-shot',
    'dog bark',
    ['dog barking', 'a dog barking', 'a dog barks', 'a barking dog', 'dog bark', 'woofing of a dog'],
    { fine: fine(null, { 'puppy bark': 'puppy barking; a small dog yapping' }) },
  ),
  entry('cat-meow', 'one-shot', 'cat meow', [
    'cat meowing',
    'a cat meows',
    'a meowing cat',
    'a kitten mewing',
  ]),
  entry('rooster', 'one-shot', 'rooster', [
    ...['rooster crowing', 'a rooster crows', 'a cock crowing', 'a crowing rooster', 'cock-a-doodle-doo'],
  ]),
  entry(
    'chicken',
    'one-shot',
    'chicken',
    ['chicken clucking', 'a hen clucking', 'chickens cluck', 'a clucking hen', 'poultry'],
    { fine: fine(null, { 'turkey gobble': 'turkey gobbling; a turkey' }) },
  ),
  entry(
    'duck-or-goose',
    'one-shot',
    'duck or goose',
    ['duck quacking', 'a duck quacks', 'ducks and geese', 'a goose honking', 'waterfowl calling'],
    {
      fine: fine(null, {
        'duck quack': 'duck quacking; a duck quacks',
        goose: 'goose honking; a goose honks',
        'trumpeter swan': 'swan trumpeting; a swan calling',
      }),
    },
  ),
  entry(
    'birds-chirping',
    'sustained',
    'birds chirping',
    ['birds chirping', 'birdsong', 'birds singing', 'a bird chirping', 'chirping birds', 'birds twittering'],
    {
      fine: fine('one-shot', {
        bird: 'bird chirping; a bird calls',
        canary: 'canary singing; a canary chirps',
        loon: 'loon calling; a loon wails',
        parrot: 'parrot squawking; a parrot',
        'parrot chirp': 'parrot chirping; a parrot',
        peacock: 'peacock calling; a peacock screams',
        quail: 'quail calling; a quail',
        toucan: 'toucan calling; a toucan croaks',
      }),
    },
  ),
  entry(
    'crow-or-gull',
    'one-shot',
    'crow or gull',
    ['crow cawing', 'a crow caws', 'seagulls crying', 'a cawing bird', 'gulls and crows'],
    {
      fine: fine(null, {
        'crow caw': 'crow cawing; a raven croaks',
        'crow or raven': 'crow cawing; a raven croaks',
        seagull: 'seagull crying; a gull screams',
        seagulls: 'seagulls crying; gulls screaming',
      }),
    },
  ),
  entry('owl', 'one-shot', 'owl', [
    'owl hooting',
    'an owl hoots',
    'a hooting owl',
    'hoots of an owl at night',
  ]),
  entry('cow', 'one-shot', 'cow', [
    'cow mooing',
    'a cow moos',
    'a mooing cow',
    'cattle lowing',
    'a bull bellowing',
  ]),
  entry(
    'sheep-or-goat',
    'one-shot',
    'sheep or goat',
    ['sheep bleating', 'a sheep bleats', 'a goat bleating', 'bleating sheep', 'a flock of sheep'],
    { fine: fine(null, { 'goat bleat': 'goat bleating; a goat bleats', lamb: 'lamb bleating; a lamb' }) },
  ),
  entry(
    'pig',
    'one-shot',
    'pig',
    ['pig grunting', 'a pig oinks', 'a grunting pig', 'pigs squealing', 'snorts of a pig'],
    {
      fine: fine(null, { 'pig squeal': 'pig squealing; a pig squeals' }),
    },
  ),
  entry(
    'horse-neigh',
    'one-shot',
    'horse neigh',
    ['horse neighing', 'a horse neighs', 'a horse whinnies', 'a neighing horse', 'whinny of a horse'],
    { fine: fine(null, { 'horse snort': 'horse snorting; a horse snorts' }) },
  ),
  entry('horse-gallop', 'rhythmic', 'horse gallop', [
    ...[
      'horse galloping',
      'a horse gallops',
      'hoofbeats',
      'horse hooves clopping',
      'a galloping horse',
      'a horse trots',
    ],
  ]),
  entry(
    'big-cat',
    'one-shot',
    wildAnimal,
    ['lion roaring', 'a lion roars', 'a big cat growling', 'a roaring tiger', 'a leopard snarls'],
    { onlyFine: bigCats, fine: fine(null, { 'leopard snarl': 'leopard snarling; a leopard snarls' }) },
  ),
  entry(
    'elephant',
    'one-shot',
    wildAnimal,
    ['elephant trumpeting', 'an elephant trumpets', 'a trumpeting elephant', 'call of an elephant'],
    { onlyFine: elephants },
  ),
  entry(
    'wild-animal',
    'one-shot',
    wildAnimal,
    ['wild animal growling', 'a wild animal', 'a bear growling', 'an animal grunts', 'growls of a beast'],
    {
      fine: fine(null, {
        camel: 'camel groaning; a camel',
        'giraffe hum': 'giraffe humming',
        'gorilla grunt': 'gorilla grunting; an ape grunts',
        'gorilla roar': 'gorilla roaring; an ape roars',
        hyena: 'hyena laughing; a hyena',
      }),
    },
  ),
  entry('wolf-howl', 'one-shot', 'wolf howl', [
    ...['wolf howling', 'a wolf howls', 'howling wolves', 'a coyote howling', 'howl of a wolf'],
  ]),
  entry('frog', 'one-shot', 'frog', ['frog croaking', 'a frog croaks', 'croaking frogs', 'a toad croaking']),
  entry(
    'insects',
    'sustained',
    'crickets and insects',
    ['crickets chirping', 'crickets', 'insects buzzing', 'chirping crickets at night', 'humming insects'],
    {
      fine: fine(null, {
        bee: 'bee buzzing; a bee hums',
        bees: 'bees buzzing; a swarm of bees',
        cicada: 'cicadas singing; a cicada',
        grasshopper: 'grasshopper chirping; a grasshopper',
      }),
    },
  ),
  entry(
    'sea-animal',
    'one-shot',
    'sea animal',
    ['dolphin clicking', 'a dolphin', 'a whale singing', 'sea animal calling', 'a sea lion'],
    {
      fine: fine(null, {
        'dolphin chirp': 'dolphin chirping; a dolphin whistles',
        'dolphin click': 'dolphin clicking; clicks of a dolphin',
        'sea lion': 'sea lion barking; a seal barks',
        whale: 'whale singing; song of a whale',
      }),
    },
  ),
];
