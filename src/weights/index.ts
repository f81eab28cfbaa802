/** @file Weights: what a file of them holds, and how models ask for them. Reading files on Node: `index.node.ts`. */
export * from './byte-source.js';
export * from './initialise.js';
export * from './parameters.js';
export * from './safetensors.js';
export * from './stored-tensor.js';
export * from './torch-checkpoint.js';
export * from './weights-file.js';
