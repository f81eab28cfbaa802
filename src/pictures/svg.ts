/** @file A small composer of SVG text: elements, attributes, paths. */

/** SVG markup that needs no more escaping. */
export type Svg = string;
export type SvgAttributes = Readonly<Record<string, string | number | null>>;

/** One element. Attributes that are null are left out; numbers are written with at most two decimals. */
export function element(name: string, attributes: SvgAttributes, ...children: readonly Svg[]): Svg {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== null)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? decimal(value) : escapeText(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

export interface TextStyle {
  readonly size: number;
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 'normal' | 'bold';
}

/** A line of text whose baseline starts, centres or ends at (x, y). */
export function text(x: number, y: number, content: string, style: TextStyle): Svg {
  return element(
    'text',
    {
      x,
      y,
      'font-size': style.size,
      fill: style.fill,
      'text-anchor': style.anchor ?? 'start',
      'font-weight': style.weight ?? 'normal',
    },
    escapeText(content),
  );
}

/** The path through points; "M x y L x y ...". */
export function pathThrough(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${decimal(x)} ${decimal(y)}`).join('');
}

/** A whole document of the given size in pixels, set in DejaVu Sans on a plain ground. */
export function svgDocument(
  width: number,
  height: number,
  background: string,
  ...children: readonly Svg[]
): Svg {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': 'DejaVu Sans',
    },
    element('rect', { width, height, fill: background }),
    ...children,
  );
}

/** At most two decimals: a hundredth of a pixel is below what a picture shows. */
export function decimal(value: number): string {
  return String(Math.round(value * 100) / 100);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe for markup; characters XML 1.0 forbids become the replacement character. */
export function escapeText(content: string): string {
  return content
    .replaceAll(/[&<>"]/g, (character) => entities[character]!)
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}');
}
