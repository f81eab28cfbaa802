/** @file What the other layers may use of video/. */
export * from './frame-stream.node.js';
export * from './media-facts.js';
export * from './media-limits.js';
export * from './mux.node.js';
export * from './open-media.node.js';
export * from './output-container.js';
export * from './rgb-frame.js';
export * from './soundtrack.node.js';
