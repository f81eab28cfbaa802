/** @file The small values that bodies and queries of the HTTP API are made of. */
import { z } from 'zod';

/** 22 letters, digits, `-` or `_`: 128 random bits. Never part of a path on disk without being checked against this. */
export const id = z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'is no id of this service');
export const instant = z.iso.datetime().describe('UTC');
export const seconds = z.number().min(0).max(1e6);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex');
export const byteCount = z.int().min(0);
