/** @file WordPiece and CLIP's byte-pair encoding against the tokenizers of transformers. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createClipTokenizer } from '../../src/models/clip-tokenizer.js';
import { createWordpieceTokenizer } from '../../src/models/wordpiece-tokenizer.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Golden {
  readonly texts: readonly string[];
  readonly wordpiece: readonly (readonly number[])[];
  readonly clip: { readonly merges: readonly string[]; readonly ids: readonly (readonly number[])[] };
}

// python reference/encoders/tokenizers_golden.py test/golden/encoders models/small
const golden = JSON.parse(read('test/golden/encoders/tokenizers.json')) as Golden;
const cases = golden.texts.map((text, index) => ({ name: JSON.stringify(text).slice(0, 60), text, index }));

describe('WordPiece with the shipped vocabulary', () => {
  const tokenizer = createWordpieceTokenizer(read('models/small/tokenizer/vocab.txt'));

  test.each(cases)('$name', ({ text, index }) => {
    expect(tokenizer.pieces(text)).toEqual(golden.wordpiece[index]);
  });

  test('fills a row: [CLS], pieces, [SEP], padding', () => {
    const { ids, mask } = tokenizer.encode('dog barking', 6);
    expect([...ids]).toEqual([101n, 3899n, 19372n, 102n, 0n, 0n]);
    expect([...mask]).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test('cuts a long text but keeps [SEP]', () => {
    const { ids, mask } = tokenizer.encode('dog '.repeat(50), 5);
    expect([...ids]).toEqual([101n, 3899n, 3899n, 3899n, 102n]);
    expect([...mask]).toEqual([1, 1, 1, 1, 1]);
  });

  test('names what a vocabulary lacks or repeats', () => {
    expect(() => createWordpieceTokenizer('[PAD]\n[UNK]\n[CLS]\n')).toThrow(/lacks the token \[SEP\]/);
    expect(() => createWordpieceTokenizer('[PAD]\na\na\n')).toThrow(/holds "a" twice/);
  });
});

describe('CLIP with a tiny vocabulary', () => {
  // the same order as in the reference script: bytes, bytes that end a word, merges, special tokens
  const visible = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 256;
  const symbols = Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(visible(byte) ? byte : next++),
  );
  const joined = golden.clip.merges.map((pair) => pair.replace(' ', ''));
  const pieces = [
    ...symbols,
    ...symbols.map((s) => `${s}</w>`),
    ...joined,
    '<|startoftext|>',
    '<|endoftext|>',
  ];
  const vocabulary = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const merges = ['#version: 0.2', ...golden.clip.merges, ''].join('\n');
  const tokenizer = createClipTokenizer({ vocabulary, merges });

  test.each(cases)('$name', ({ text, index }) => {
    expect(tokenizer.pieces(text)).toEqual(golden.clip.ids[index]);
  });

  test('fills a row: begin, pieces, end, and the end again as padding', () => {
    const [begin, end] = [pieces.length - 2, pieces.length - 1].map(BigInt) as [bigint, bigint];
    const { ids, atEnd } = tokenizer.encode('dog', 5);
    expect([...ids]).toEqual([begin, BigInt(vocabulary['dog</w>']!), end, end, end]);
    expect([...atEnd]).toEqual([0, 0, 1, 0, 0]);
    expect([...createClipTokenizer({ vocabulary, merges, paddingId: 0 }).encode('dog', 4).ids].at(-1)).toBe(
      0n,
    );
  });

  test('cuts a long text but keeps the end', () => {
    const { ids, atEnd } = tokenizer.encode('dog '.repeat(50), 4);
    expect(ids.at(-1)).toBe(BigInt(pieces.length - 1));
    expect([...atEnd]).toEqual([0, 0, 0, 1]);
  });
});
