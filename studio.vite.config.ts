/** @file How the studio's page is built into the package: `dist/studio/page`, nothing loaded from elsewhere. */
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('./src/studio/page'),
  base: '/',
  cacheDir: at('./node_modules/.cache/studio'),
  plugins: [svelte({ configFile: false })],
  worker: { format: 'es' },
  build: {
    outDir: at('./dist/studio/page'),
    emptyOutDir: true,
    target: 'es2022',
    // inlined files would need data: addresses in the page's policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
