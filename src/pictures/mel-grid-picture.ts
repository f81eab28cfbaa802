/** @file A grid of named spectrograms, as training draws its samples. */
import { colourImage, imageElement, type ValueImage } from './raster-image.js';
import { element, type Svg, svgDocument, text } from './svg.js';
import { theme } from './theme.js';

export interface MelGridPicture {
  readonly title: string;
  readonly subtitle: string;
  /** Read row by row. */
  readonly cells: readonly { readonly name: string; readonly image: ValueImage }[];
  /** Cells in a row; default 2. */
  readonly columns?: number;
}

const cellWidth = 460;
const cellHeight = 150;
const gap = 22;
const nameHeight = 22;
const edge = 28;
const headHeight = 84;

/** The picture as SVG text. */
export function drawMelGrid(picture: MelGridPicture): Svg {
  const columns = Math.max(1, Math.min(picture.columns ?? 2, picture.cells.length));
  const rows = Math.ceil(picture.cells.length / columns);
  return svgDocument(
    2 * edge + columns * cellWidth + (columns - 1) * gap,
    headHeight + rows * (nameHeight + cellHeight + gap) + edge - gap,
    theme.paper,
    text(edge, 40, picture.title, { size: theme.titleSize, fill: theme.ink, weight: 'bold' }),
    text(edge, 62, picture.subtitle, { size: theme.labelSize, fill: theme.quiet }),
    ...picture.cells.map(({ name, image }, index) => {
      const x = edge + (index % columns) * (cellWidth + gap);
      const y = headHeight + Math.floor(index / columns) * (nameHeight + cellHeight + gap);
      const box = { x, y: y + nameHeight, width: cellWidth, height: cellHeight };
      return [
        text(x, y + 13, name, { size: theme.labelSize, fill: theme.ink }),
        imageElement(colourImage(image, 2 * cellWidth), { ...box, fit: 'fill' }),
        element('rect', { ...box, fill: 'none', stroke: theme.line }),
      ].join('');
    }),
  );
}
