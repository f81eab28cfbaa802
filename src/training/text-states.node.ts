/** @file The token states of every caption, through the frozen text encoder, once. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { floats, input, program, tensor } from '../graph/index.js';
import { miniLmL6, sentenceEncoder } from '../models/sentence-encoder.js';
import { createWordpieceTokenizer } from '../models/wordpiece-tokenizer.js';
import { frozenParameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import { hashOf, hashOfFile } from './file-hash.node.js';
import { keepRows, type Rows } from './row-cache.node.js';
import type { StageContext } from './stage-context.js';

/** Token states by text; padding is zeros. */
export interface TextStates {
  readonly tokens: number;
  readonly width: number;
  /** Writes the states of a known text, `[tokens, width]`. */
  copyTo(text: string, target: Float32Array, offset: number): void;
}

/** Encodes the distinct texts of a list, and the empty text. */
export async function openTextStates(texts: Iterable<string>, context: StageContext): Promise<TextStates> {
  const { tokens, width } = context.model.textEncoder;
  const distinct = [...new Set(['', ...texts])].sort();
  const weightsPath = join(context.modelFolder, 'text_encoder.safetensors');
  const vocabularyPath = join(context.modelFolder, 'tokenizer', 'vocab.txt');
  const key = hashOf([distinct, tokens, await hashOfFile(weightsPath), await hashOfFile(vocabularyPath)]);
  const open = async () => {
    const tokenizer = createWordpieceTokenizer(await readFile(vocabularyPath, 'utf8'), vocabularyPath);
    const parameters = frozenParameters(await openSafetensors(weightsPath));
    const ids = input('ids', [1, tokens], 'int64');
    const mask = input('mask', [1, tokens]);
    const { tokenStates } = sentenceEncoder(parameters, ids, mask, miniLmL6);
    const session = await context.engine.compile(
      program('text', { inputs: [ids, mask], outputs: { tokenStates } }),
    );
    return {
      async encode(text: string): Promise<Float32Array> {
        const encoded = tokenizer.encode(text, tokens);
        const outputs = await session.run({
          ids: tensor([1, tokens], encoded.ids, 'int64'),
          mask: tensor([1, tokens], encoded.mask),
        });
        return floats(outputs.tokenStates!);
      },
      close: () => session.close(),
    };
  };
  const opened: Awaited<ReturnType<typeof open>>[] = []; // none where the file is there
  const rows: Rows = await keepRows(
    join(context.cacheFolder, `text-${key}.safetensors`),
    distinct.length,
    tokens * width,
    async (first) => {
      if (opened.length === 0) opened.push(await open());
      return [await opened[0]!.encode(distinct[first]!)];
    },
    (done, total) => {
      if (done % 500 === 0 || done === total) context.report(`captions: ${done} of ${total}`);
    },
  );
  for (const session of opened) await session.close();
  const rowOf = new Map(distinct.map((text, row) => [text, row]));
  return {
    tokens,
    width,
    copyTo: (text, target, offset) => rows.copyTo(rowOf.get(text)!, target, offset),
  };
}
