/** @file `npm run test:browser`: a person's walk through the studio in a real browser, which not every machine has. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/studio/browser/**/*.browser.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    // a walk makes sound for real; minutes on a busy machine
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
  },
});
