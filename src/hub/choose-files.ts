/** @file Which files of a repository are wanted: by the catalogue, by patterns, or by what a model is read from. */
import { FoleyError } from '../errors/foley-error.js';
import type { CatalogueSource, WantedFile } from './catalogue.js';
import { filePattern } from './file-pattern.js';
import type { ListedFile } from './repository-listing.node.js';

/** Patterns with `*`, `?` and `[abc]`, in which `*` also stands for slashes, as huggingface_hub has them. */
export interface FilePatterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The card says which licence; it comes with every pull. */
export const cardFile = 'README.md';

/** Pickled weights: kept as they came, never read by a generation. */
const pickled = /\.(?:bin|ckpt|pt|pth|pth\.tar)$/;

export function isPickled(file: string): boolean {
  return pickled.test(file);
}

/** The safetensors file that `models convert` puts beside a pickled one. */
export function convertedNameOf(file: string): string {
  return file.replace(pickled, '.safetensors');
}

/** What other runtimes read. */
const foreign =
  /\.(?:onnx|onnx_data|msgpack|h5|ot|tflite|mlmodel|gguf|pb)$|(?:^|\/)(?:onnx|openvino|coreml|flax)\//;
const picture = /\.(?:png|jpe?g|gif|webp|mp4|wav|mp3)$/i;
const repositoryFile = /(?:^|\/)\.git[^/]*$/;

/** The listed files that a source of the catalogue wants. @throws model-missing when a needed one is not listed, weights-invalid when its known sum differs */
export function chooseForSource(files: readonly ListedFile[], source: CatalogueSource): ListedFile[] {
  const listed = new Map(files.map((file) => [file.file, file]));
  const chosen: ListedFile[] = [];
  for (const wish of source.files) {
    const name = wish.anyOf.find((candidate) => listed.has(candidate));
    if (name !== undefined) chosen.push(checkSum(listed.get(name)!, wish, source));
    else if (!wish.isOptional) {
      throw new FoleyError(
        'model-missing',
        `${source.repository} at ${source.revision} has no ${wish.anyOf.join(' and no ')}`,
        {
          hint: 'The repository may have changed: try another --revision.',
        },
      );
    }
  }
  const card = listed.get(cardFile);
  return card === undefined ? chosen : [card, ...chosen];
}

function checkSum(file: ListedFile, { anyOf, sha256 }: WantedFile, source: CatalogueSource): ListedFile {
  if (sha256 === null || file.file !== anyOf[0] || file.hash === sha256) return file;
  throw new FoleyError(
    'weights-invalid',
    `${file.file} of ${source.repository} is listed with another SHA-256 than is known of it`,
    { hint: 'Nothing was downloaded. Do not trust the source.' },
  );
}

/**
 * Without patterns: what a model is read from, so no pictures, no weights of other runtimes, and no pickled weights
 * that stand beside the same as safetensors. @throws usage when nothing is left
 */
export function chooseByPatterns(
  files: readonly ListedFile[],
  { include, exclude }: FilePatterns,
  repository: string,
): ListedFile[] {
  const excluded = exclude.map(filePattern);
  const names = new Set(files.map(({ file }) => file));
  const wanted = include.length > 0 ? include.map(filePattern) : [(file: string) => isModelFile(file, names)];
  const chosen = files.filter(
    ({ file }) =>
      file === cardFile || (wanted.some((fits) => fits(file)) && !excluded.some((fits) => fits(file))),
  );
  if (chosen.every(({ file }) => file === cardFile)) {
    throw new FoleyError('usage', `${repository} has no file that is asked for`, {
      hint: 'Look at --include and --exclude.',
    });
  }
  return chosen;
}

function isModelFile(file: string, names: ReadonlySet<string>): boolean {
  if (foreign.test(file) || picture.test(file) || repositoryFile.test(file)) return false;
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  if (!isPickled(file)) return true;
  const twins = [convertedNameOf(file)];
  if (file === `${folder}pytorch_model.bin`) twins.push(`${folder}model.safetensors`);
  return !twins.some((twin) => names.has(twin));
}
