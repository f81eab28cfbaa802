/** @file The table of sound classes: merged labels, kind and caption phrases (see sound-classes.ts for the meaning). */
import type { FineLabelRule, SoundClass, SoundKind } from './sound-classes.js';

type More = Pick<SoundClass, 'onlyFine'> & { readonly fine?: Readonly<Record<string, FineLabelRule>> };

function entry(
  id: string,
  kind: SoundKind,
  labels: string | readonly string[],
  phrases: readonly string[],
  more: More = {},
): SoundClass {
  const { fine = {}, ...rest } = more;
  return { id, kind, manifestLabels: typeof labels === 'string' ? [labels] : labels, phrases, fine, ...rest };
}

/** One rule for each "finer label: phrase; phrase" line, all of one kind. */
function fine(
  kind: SoundKind | null,
  phrasesOf: Readonly<Record<string, string>>,
): Record<string, FineLabelRule> {
  const rule = (text: string): FineLabelRule => ({
    phrases: text.split('; '),
    ...(kind === null ? {} : { kind }),
  });
  return Object.fromEntries(Object.entries(phrasesOf).map(([label, text]) => [label, rule(text)]));
}

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

export const SOUND_CLASS_TABLE: readonly SoundClass[] = [
  // Animals
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
