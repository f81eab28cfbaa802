/** @file CLIP's tokenizer: byte-pair encoding of lower-cased words. */
import { FoleyError } from '../errors/foley-error.js';

// openai/CLIP simple_tokenizer.py; same results as transformers' CLIPTokenizerFast on plain text. Text is only text:
// "<|endoftext|>" typed by a user is punctuation and letters, not a special token.

export interface ClipTokenizer {
  /** Ids of the pieces, without begin and end of text. */
  pieces(text: string): readonly number[];
  /**
   * Ids of one text for an encoder of fixed length: begin, pieces (cut to fit), end, padding.
   *
   * @returns ids [length] and atEnd [length], 1 at the end-of-text token and 0 elsewhere.
   */
  encode(text: string, length: number): { readonly ids: BigInt64Array; readonly atEnd: Float32Array };
}

export interface ClipVocabulary {
  /** `vocab.json`: piece to id. */
  readonly vocabulary: Readonly<Record<string, number>>;
  /** `merges.txt`: a version line, then one pair a line, most frequent first. */
  readonly merges: string;
  /** Fills the rest of a row; OpenAI's models use the end of text, some of OpenCLIP's 0. */
  readonly paddingId?: number;
}

/** @throws FoleyError 'weights-invalid' if a special token or a byte is missing. */
export function createClipTokenizer({ vocabulary, merges, paddingId }: ClipVocabulary): ClipTokenizer {
  const ids = new Map(Object.entries(vocabulary));
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined)
      throw new FoleyError('weights-invalid', `vocab.json lacks the token ${JSON.stringify(token)}`);
    return id;
  };
  const begin = idOf('<|startoftext|>');
  const end = idOf('<|endoftext|>');
  const ranks = new Map<string, number>();
  for (const line of merges.split('\n')) {
    if (line.startsWith('#version') || line.trim() === '') continue;
    ranks.set(line.trimEnd(), ranks.size);
  }
  const known = new Map<string, readonly number[]>();

  const wordPieces = (word: string): readonly number[] => {
    const symbols = [...new TextEncoder().encode(word)].map((byte) => byteSymbols[byte]!);
    const merged = mergePairs([...symbols.slice(0, -1), `${symbols.at(-1)}</w>`], ranks);
    return merged.map(idOf);
  };
  const pieces = (text: string): readonly number[] =>
    splitWords(text).flatMap((word) => {
      const found = known.get(word) ?? wordPieces(word);
      if (known.size < 10_000) known.set(word, found);
      return found;
    });

  return {
    pieces,
    encode: (text, length) => {
      const tokens = [begin, ...pieces(text).slice(0, length - 2), end];
      const filled = Array.from({ length }, (_, i) => tokens[i] ?? paddingId ?? end);
      return {
        ids: BigInt64Array.from(filled, BigInt),
        atEnd: Float32Array.from({ length }, (_, i) => (i === tokens.length - 1 ? 1 : 0)),
      };
    },
  };
}

/** White space by Unicode's property: JavaScript's \s also takes U+FEFF, which other implementations do not. */
const words = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

function splitWords(text: string): readonly string[] {
  const clean = text
    .normalize('NFC')
    .replaceAll(/\p{White_Space}+/gu, ' ')
    .toLowerCase();
  return clean.match(words) ?? [];
}

/** Joins the neighbours with the lowest rank until none are left that the vocabulary joins. */
function mergePairs(symbols: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let parts = symbols;
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < parts.length; i++)
      best = Math.min(best, ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? best);
    if (best === Number.POSITIVE_INFINITY) return parts;
    const joined: string[] = [];
    for (let i = 0; i < parts.length; i++) {
      const pair = `${parts[i]} ${parts[i + 1]}`;
      if (i + 1 < parts.length && ranks.get(pair) === best) joined.push(parts[i]! + parts[++i]!);
      else joined.push(parts[i]!);
    }
    parts = joined;
  }
}

/** GPT-2's printable stand-ins for bytes: visible Latin-1 stands for itself, the others for code points from 256 on. */
const byteSymbols: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(isVisible ? byte : next++);
  });
})();
