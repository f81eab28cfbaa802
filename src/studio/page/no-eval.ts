/** @file Comes first: zod must not try `new Function`, which the page's policy forbids. */
import { z } from 'zod';

z.config({ jitless: true });
