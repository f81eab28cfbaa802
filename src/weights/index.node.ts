/** @file Weights on Node: everything of `index.ts`, and files on disk. */
export * from './convert-checkpoint.node.js';
export * from './index.js';
export * from './safetensors-file.node.js';
export * from './torch-checkpoint-file.node.js';
