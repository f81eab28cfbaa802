/** @file Comma-separated values (RFC 4180): quoted fields may hold commas, quotes and line breaks. */
import { FoleyError } from '../../errors/foley-error.js';

/** A record with the line it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** @param name what messages call the text. @throws FoleyError `input-rejected` naming the line */
export function parseCsv(text: string, name: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let startLine = 1;
  const end = (): void => {
    if (fields.length > 1 || fields[0] !== '') records.push({ line: startLine, fields });
    fields = [];
    startLine = line;
  };
  // quoted or plain, with what follows it; sticky, so that nothing is skipped
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  while (field.lastIndex < body.length) {
    const match = field.exec(body);
    if (match === null)
      throw new FoleyError('input-rejected', `${name}, line ${line}: a quote is out of place`);
    const [whole, quoted, plain, separator] = match;
    fields.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (separator !== ',') end();
    else if (field.lastIndex === body.length) fields.push(''); // the text ends with a comma
  }
  if (fields.length > 0) end();
  return records;
}
