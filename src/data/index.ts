/** @file Data for training and judging: the sound manifest, mixtures, and rendered scenes with true sound. */

export * from './acoustics.js';
export * from './captions.js';
export * from './compositing.js';
export * from './manifest.js';
export * from './manifest.node.js';
export * from './mixtures.js';
export * from './mixtures.node.js';
export * from './picture-index.js';
export * from './picture-packages.js';
export * from './picture-store.node.js';
export * from './plan-scene.js';
export * from './prepare-pictures.node.js';
export * from './render.js';
export * from './scene.js';
export * from './scene-frames.node.js';
export * from './scene-sound.js';
export * from './scene-subjects.js';
export * from './scenes.node.js';
export * from './seeded-random.js';
export * from './sound-activity.js';
export * from './sound-classes.js';
export * from './sound-library.js';
export * from './sound-library.node.js';
export * from './synthetic-library.js';
export * from './trajectory.js';
export * from './visibility.js';
