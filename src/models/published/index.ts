/** @file Readers of published configuration files. */
export * from './adapter-shapes.js';
export * from './clip-json.js';
export * from './scheduler-json.js';
export * from './tokenizer-json.js';
export * from './unet-json.js';
export * from './vae-json.js';
export * from './vocoder-json.js';
