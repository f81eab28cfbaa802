/** @file Tables of a study in Markdown. */

/** Rows of cells under a header; the first column stands left, the others right. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = `|---|${header
    .slice(1)
    .map(() => '--:|')
    .join('')}`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** A number with so many decimals; a dash where there is none. */
export function cellOf(value: number | null | undefined, decimals = 2): string {
  return value === null || value === undefined ? '–' : value.toFixed(decimals);
}
