/** @file The HTTP API in types: every body, query, event and error, as zod schemas that checks, OpenAPI and clients share. */
export * from './contract/errors.js';
export * from './contract/events.js';
export * from './contract/jobs.js';
export * from './contract/media.js';
export * from './contract/orders.js';
export * from './contract/service.js';
export { id as idSchema } from './contract/values.js';
