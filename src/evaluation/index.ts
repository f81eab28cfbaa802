/** @file Evaluation: how generated sound is judged. */
export * from './ablation.js';
export * from './bootstrap.js';
export * from './class-distributions.js';
export * from './classification.js';
export * from './cond-foley-gen.js';
export * from './doppler.js';
export * from './envelope-correlation.js';
export * from './frechet-distance.js';
export * from './level-contrast.js';
export * from './onset-detection.js';
export * from './onset-matching.js';
export * from './permutation-test.js';
export * from './spectral-distances.js';
export * from './statistics.js';
export * from './symmetric-eigen.js';
export * from './tagger.js';
