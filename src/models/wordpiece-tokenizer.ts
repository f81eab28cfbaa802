/** @file BERT's tokenizer: lower-cased words, split into the longest pieces of a vocabulary. */
import { FoleyError } from '../errors/foley-error.js';

// Devlin et al. 2018, google-research/bert tokenization.py; same results as `BertTokenizerFast` on plain text.
// Text is only text: "[SEP]" typed by a user is three ordinary pieces, not a special token.

export interface WordpieceTokenizer {
  /** Ids of the pieces, without [CLS] and [SEP]. */
  pieces(text: string): readonly number[];
  /**
   * Ids of one text for an encoder of fixed length: [CLS], pieces (cut to fit), [SEP], padding.
   *
   * @returns ids [length] and mask [length], 1 where a token is and 0 where padding is.
   */
  encode(text: string, length: number): { readonly ids: BigInt64Array; readonly mask: Float32Array };
}

const longestWord = 100;

/**
 * Makes a tokenizer from `vocab.txt`: one piece a line, continuations begin with ##, the line number is the id.
 *
 * @throws FoleyError 'weights-invalid' if a special token is missing or a piece occurs twice.
 */
export function createWordpieceTokenizer(vocabulary: string, source = 'vocab.txt'): WordpieceTokenizer {
  const ids = new Map<string, number>();
  for (const line of vocabulary.split(/\r?\n/)) {
    if (line === '') continue;
    if (ids.has(line))
      throw new FoleyError('weights-invalid', `${source} holds ${JSON.stringify(line)} twice`);
    ids.set(line, ids.size);
  }
  const special = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new FoleyError('weights-invalid', `${source} lacks the token ${token}`);
    return id;
  };
  const [padding, unknown, first, last] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map(special) as [
    number,
    number,
    number,
    number,
  ];

  const wordPieces = (word: string): readonly number[] => {
    const characters = [...word];
    if (characters.length > longestWord) return [unknown];
    const found: number[] = [];
    for (let start = 0; start < characters.length; ) {
      const prefix = start === 0 ? '' : '##';
      let end = characters.length;
      let id: number | undefined;
      for (; end > start && id === undefined; end--)
        id = ids.get(prefix + characters.slice(start, end).join(''));
      if (id === undefined) return [unknown];
      found.push(id);
      start = end + 1;
    }
    return found;
  };
  const pieces = (text: string) => splitWords(text).flatMap(wordPieces);

  return {
    pieces,
    encode: (text, length) => {
      const tokens = [first, ...pieces(text).slice(0, length - 2), last];
      const filled = Array.from({ length }, (_, i) => tokens[i] ?? padding);
      return {
        ids: BigInt64Array.from(filled, BigInt),
        mask: Float32Array.from({ length }, (_, i) => (i < tokens.length ? 1 : 0)),
      };
    },
  };
}

/** Characters that BERT writes apart from their neighbours, because they are words by themselves. */
const ideographs =
  /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/gu;
/** Unicode punctuation, and every ASCII character that is neither letter, digit, space nor control. */
const punctuation = /[\p{P}$+<=>^`|~]/gu;

function splitWords(text: string): readonly string[] {
  return text
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(/[\p{C}\ufffd]/gu, '')
    .replaceAll(ideographs, ' $& ')
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .replaceAll(punctuation, ' $& ')
    .split(/\p{White_Space}+/u)
    .filter((word) => word !== '');
}
