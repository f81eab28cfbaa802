/** @file What the rest of the project uses of audio, on every platform. Files are read by `decode-audio-file.node.ts`. */
export type { AudioBlock, AudioBlockReader } from './audio-blocks.js';
export * from './decode-audio.js';
export * from './fft.js';
export * from './mel-filterbank.js';
export * from './mel-image.js';
export * from './mel-spectrogram.js';
export * from './resample.js';
export * from './stft.js';
export { type WavSampleFormat, wavHeader } from './wav-format.js';
export * from './wav-reader.js';
export { type EncodeWavOptions, encodeWav, encodeWavChunks } from './wav-writer.js';
export * from './wave.js';
