/** @file Pictures of results and of training, as SVG text (`render-svg.node.ts` makes PNG of it). */
export * from './axis.js';
export { filmstripCount, type LaneBox, type SpectrogramImage, type TimedImage } from './lanes.js';
export * from './loss-picture.js';
export * from './mel-grid-picture.js';
export { colourImage, encodePng, type RgbImage, type ValueImage } from './raster-image.js';
export * from './result-picture.js';
