/** @file Conditions: time base, frame embeddings, similarity, timing. */
export * from './frame-embeddings.js';
export * from './label-score.js';
export * from './motion-curve.js';
export * from './motion-path.js';
export * from './similarity.js';
export * from './timeline.js';
export * from './timing-curve.js';
export * from './timing-raster.js';
export * from './timing-track.js';
