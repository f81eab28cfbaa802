/** @file What the diffusion model reads of a text: one state for each token, in a row of fixed length. */

/** Turns prompts into the tokens of the cross attention. */
export interface TextEncoder {
  /** Names the weights; part of cache keys. */
  readonly id: string;
  /** Tokens of one text, padding included. */
  readonly tokens: number;
  readonly width: number;
  /** [tokens, width] for each text, row by row. */
  encodeTokens(texts: readonly string[]): Promise<Float32Array[]>;
}
