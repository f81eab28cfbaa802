/** @file What runs a program. */
export * from './engine.js';
