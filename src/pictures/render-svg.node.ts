/** @file SVG text to PNG bytes, with the fonts this package brings. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import type { Svg } from './svg.js';

/**
 * Draws an SVG document. Fonts are DejaVu Sans from the package of that name, never the system's, so that the same
 * picture comes out everywhere.
 * @param scale pixels of the PNG for each pixel of the document
 */
export function renderPng(svg: Svg, scale = 1): Uint8Array {
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return resvg.render().asPng();
}
