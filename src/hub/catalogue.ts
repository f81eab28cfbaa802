/**
 * @file Which published files each preset is made of: repository, revision, files, licence.
 *
 * Every commit and sum was read in a public source, which docs/models.md names; none was seen on the hub from here.
 */

/** What a file is for. A preset has at most one part of each role. */
export const partRoles = [
  'backbone',
  'frameAdapter',
  'temporalAdapter',
  'imageEncoder',
  'labelEncoder',
  'vocoder',
] as const;
export type PartRole = (typeof partRoles)[number];

/** A file that is wanted under any of several names, best first. */
export interface WantedFile {
  /** Paths in the repository; the first that exists is taken. */
  readonly anyOf: readonly string[];
  /** SHA-256 of the first, where a public source states it: a hub that lists another is not believed. */
  readonly sha256: string | null;
  readonly isOptional: boolean;
}

/** A repository as far as a preset needs it. */
export interface CatalogueSource {
  readonly role: PartRole;
  /** One line about what it is. */
  readonly what: string;
  readonly repository: string;
  /** A commit, so that what is pulled never changes. */
  readonly revision: string;
  /** The folder inside the repository that the part is read from; '' for its root. */
  readonly folder: string;
  readonly files: readonly WantedFile[];
  /** The hub's short name of the licence; see `licences.ts`. */
  readonly licence: string;
  /** What has to be known beyond the licence's name; null where nothing has. */
  readonly licenceNote: string | null;
}

/** A model that is put together from published files. */
export interface CataloguePreset {
  readonly what: string;
  readonly sources: readonly CatalogueSource[];
  /** Roles that nobody published files for, and what to do about it. */
  readonly unpublished: Readonly<Partial<Record<PartRole, string>>>;
}

export const presetNames = ['auffusion', 'foleycrafter', 'smooth-foley'] as const;
export type PresetName = (typeof presetNames)[number];

const wanted = (path: string): WantedFile => ({ anyOf: [path], sha256: null, isOptional: false });
const optional = (path: string): WantedFile => ({ anyOf: [path], sha256: null, isOptional: true });
const either = (...anyOf: readonly string[]): WantedFile => ({ anyOf, sha256: null, isOptional: false });

const backbone: CatalogueSource = {
  role: 'backbone',
  what: 'Auffusion: text to audio (UNet, VAE, CLIP ViT-L/14 text encoder)',
  repository: 'auffusion/auffusion-full-no-adapter',
  revision: 'a75ebf2e22d76f8b3cdafcd2a42fd4abba43f7ec',
  folder: '',
  files: [
    optional('model_index.json'),
    wanted('unet/config.json'),
    either('unet/diffusion_pytorch_model.safetensors', 'unet/diffusion_pytorch_model.bin'),
    wanted('vae/config.json'),
    either('vae/diffusion_pytorch_model.safetensors', 'vae/diffusion_pytorch_model.bin'),
    wanted('text_encoder/config.json'),
    either('text_encoder/model.safetensors', 'text_encoder/pytorch_model.bin'),
    wanted('tokenizer/vocab.json'),
    wanted('tokenizer/merges.txt'),
    optional('tokenizer/tokenizer_config.json'),
    optional('tokenizer/special_tokens_map.json'),
    wanted('scheduler/scheduler_config.json'),
  ],
  licence: 'cc-by-nc-sa-4.0',
  licenceNote: "Auffusion's weights may not be used commercially, and neither may models made from them",
};

const auffusionVocoder: CatalogueSource = {
  ...backbone,
  role: 'vocoder',
  what: "Auffusion's vocoder: HiFi-GAN of 256 mel bands at 16 kHz",
  folder: 'vocoder',
  files: [wanted('vocoder/config.json'), either('vocoder/vocoder.safetensors', 'vocoder/vocoder.pt')],
};

const foleycrafterRevision = '56c5ba7e052249a10bca6ebd12f9d5d8e6c26ae0';

const semanticAdapter: CatalogueSource = {
  role: 'frameAdapter',
  what: "FoleyCrafter's semantic adapter: four tokens of the mean of the frames",
  repository: 'ymzhang319/FoleyCrafter',
  revision: foleycrafterRevision,
  folder: 'semantic',
  files: [wanted('semantic/semantic_adapter.bin')],
  licence: 'apache-2.0',
  licenceNote: 'trained on Auffusion, whose non-commercial terms bind what it is used with',
};

const temporalAdapter: CatalogueSource = {
  role: 'temporalAdapter',
  what: "FoleyCrafter's temporal adapter: a ControlNet with a one-channel hint",
  repository: 'ymzhang319/FoleyCrafter',
  revision: foleycrafterRevision,
  folder: '',
  files: [wanted('temporal_adapter.ckpt')],
  licence: 'apache-2.0',
  licenceNote: 'trained on Auffusion, whose non-commercial terms bind what it is used with',
};

const foleycrafterVocoder: CatalogueSource = {
  ...semanticAdapter,
  role: 'vocoder',
  what: "FoleyCrafter's copy of the vocoder: HiFi-GAN of 256 mel bands at 16 kHz",
  folder: 'vocoder',
  files: [wanted('vocoder/config.json'), wanted('vocoder/vocoder.pt')],
};

const imageEncoder: CatalogueSource = {
  role: 'imageEncoder',
  what: 'CLIP ViT-H/14: the image tower',
  repository: 'h94/IP-Adapter',
  revision: '018e402774aeeddd60609b4ecdb7e298259dc729',
  folder: 'models/image_encoder',
  files: [
    wanted('models/image_encoder/config.json'),
    {
      anyOf: ['models/image_encoder/model.safetensors', 'models/image_encoder/pytorch_model.bin'],
      sha256: '6ca9667da1ca9e0b0f75e46bb030f7e011f44f86cbfb8d5a36590fcd7507b030',
      isOptional: false,
    },
  ],
  licence: 'apache-2.0',
  licenceNote: null,
};

const labelEncoder: CatalogueSource = {
  role: 'labelEncoder',
  what: 'CLIP ViT-H/14: the text tower that belongs to the image tower',
  repository: 'laion/CLIP-ViT-H-14-laion2B-s32B-b79K',
  revision: '1c2b8495b28150b8a4922ee1c8edee224c284c0c',
  folder: '',
  files: [
    wanted('config.json'),
    either('model.safetensors', 'pytorch_model.bin'),
    wanted('vocab.json'),
    wanted('merges.txt'),
    optional('tokenizer_config.json'),
    optional('special_tokens_map.json'),
  ],
  licence: 'mit',
  licenceNote: null,
};

const catalogue: Readonly<Record<PresetName, CataloguePreset>> = {
  auffusion: {
    what: 'text to audio',
    sources: [backbone, auffusionVocoder],
    unpublished: {},
  },
  foleycrafter: {
    what: "Auffusion with FoleyCrafter's semantic and temporal adapters",
    sources: [backbone, semanticAdapter, temporalAdapter, imageEncoder, labelEncoder, foleycrafterVocoder],
    unpublished: {},
  },
  'smooth-foley': {
    what: 'Auffusion with a frame adapter on every frame and timing guided by a label',
    sources: [backbone, temporalAdapter, imageEncoder, labelEncoder, foleycrafterVocoder],
    unpublished: {
      frameAdapter: "the paper's frame adapter was not published: train one and give it with --frame-adapter",
    },
  },
};

/** Whether `name` is a preset of the catalogue. */
export function isPresetName(name: string): name is PresetName {
  return (presetNames as readonly string[]).includes(name);
}

/** What a preset is made of. */
export function presetOf(name: PresetName): CataloguePreset {
  return catalogue[name];
}
