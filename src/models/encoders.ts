/** @file Everything that looks at pictures and reads texts. */
export * from './class-space.js';
export * from './clip.js';
export * from './clip-image-text-encoder.js';
export * from './clip-tokenizer.js';
export * from './efficientnet-lite.js';
export * from './image-preprocessing.js';
export * from './image-text-encoder.js';
export * from './sentence-encoder.js';
export * from './small-image-text-encoder.js';
export * from './text-encoder.js';
export * from './wordpiece-tokenizer.js';
