/** @file The files of a published CLIP tokenizer: `vocab.json` with `merges.txt`, or `tokenizer.json` that holds both. */
import { FoleyError } from '../../errors/foley-error.js';
import type { ClipVocabulary } from '../clip-tokenizer.js';
import { PublishedJson } from './published-json.js';

/** Parsed files of one tokenizer folder, each with its name for messages. */
export interface TokenizerFiles {
  readonly vocabulary: { readonly json: unknown; readonly file: string } | null;
  readonly merges: { readonly text: string; readonly file: string } | null;
  readonly tokenizer: { readonly json: unknown; readonly file: string } | null;
  /** `special_tokens_map.json` and `tokenizer_config.json`, those that are there. */
  readonly settings: readonly { readonly json: unknown; readonly file: string }[];
}

/** What fills a row when no file says otherwise: transformers' default for CLIP. */
const defaultPadding = '<|endoftext|>';

/**
 * The vocabulary, with the token that fills rows. Stable Diffusion 1 fills with the end of text, OpenCLIP's files
 * with "!", and the states of these tokens are part of what the diffusion model reads.
 *
 * @throws FoleyError 'weights-invalid' naming the file at fault.
 */
export function readClipVocabulary(files: TokenizerFiles): ClipVocabulary {
  const { ids, merges, file } =
    files.vocabulary !== null && files.merges !== null
      ? {
          ids: readIds(files.vocabulary.json, files.vocabulary.file),
          merges: files.merges.text,
          file: files.vocabulary.file,
        }
      : readWhole(files);
  const padding = paddingOf(files);
  const paddingId = ids[padding];
  if (paddingId === undefined) {
    throw new FoleyError('weights-invalid', `${file} lacks the padding token ${JSON.stringify(padding)}`);
  }
  return { vocabulary: ids, merges, paddingId };
}

/** `tokenizer.json` of the tokenizers library. */
function readWhole({ tokenizer }: TokenizerFiles): {
  ids: Record<string, number>;
  merges: string;
  file: string;
} {
  if (tokenizer === null) {
    throw new FoleyError('model-missing', 'a tokenizer needs vocab.json and merges.txt, or tokenizer.json');
  }
  const { json, file } = tokenizer;
  const model = new PublishedJson(json, file).inside('model');
  model.exactly('type', 'BPE');
  model.only('end_of_word_suffix', '</w>');
  const { vocab, merges } = (json as { model: { vocab?: unknown; merges?: unknown } }).model;
  if (!Array.isArray(merges)) throw new FoleyError('weights-invalid', `${file}: model.merges is no list`);
  // pairs are written as "a b", or as ["a", "b"] since tokenizers 0.20
  const lines = merges.map((pair: unknown) => (Array.isArray(pair) ? pair.join(' ') : String(pair)));
  const added = (json as { added_tokens?: unknown }).added_tokens;
  const ids = readIds(vocab, file);
  for (const token of Array.isArray(added) ? added : []) {
    const { content, id } = token as { content?: unknown; id?: unknown };
    if (typeof content === 'string' && typeof id === 'number') ids[content] ??= id;
  }
  return { ids, merges: lines.join('\n'), file };
}

function readIds(json: unknown, file: string): Record<string, number> {
  const isTable =
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    Object.values(json).every((id) => Number.isSafeInteger(id) && id >= 0);
  if (!isTable) throw new FoleyError('weights-invalid', `${file} is no table of token numbers`);
  return { ...(json as Record<string, number>) };
}

function paddingOf({ settings }: TokenizerFiles): string {
  for (const { json, file } of settings) {
    const token = (json as { pad_token?: unknown } | null)?.pad_token;
    if (token === undefined || token === null) continue;
    const text = typeof token === 'object' ? (token as { content?: unknown }).content : token;
    if (typeof text === 'string') return text;
    throw new FoleyError('weights-invalid', `${file}: pad_token is no text`);
  }
  return defaultPadding;
}
