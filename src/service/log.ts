/** @file What the service tells about itself: one JSON object a line, never a token, never a body. */

export type LogFields = Readonly<Record<string, unknown>>;

export interface ServiceLog {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLog: ServiceLog = { info: () => {}, warn: () => {}, error: () => {} };

/** Field names whose values never leave the process. */
const secretNames = /token|authorization|cookie|password|secret|databaseurl/i;
/** The password of an address such as postgres://user:password@host. */
const passwordInAddress = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;
/** One line stays one line, and terminals stay calm: control characters are written as escapes by JSON. */
const longestText = 4000;

/**
 * A log that writes JSON lines.
 * @param write takes one line with its end
 * @param secrets texts that are blacked out wherever they turn up
 */
export function jsonLog(
  write: (line: string) => void,
  secrets: readonly string[] = [],
  now: () => Date = () => new Date(),
): ServiceLog {
  const hidden = secrets.filter((secret) => secret !== '');
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') {
      let text = value.replaceAll(passwordInAddress, '$1***@');
      for (const secret of hidden) text = text.replaceAll(secret, '***');
      return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
    }
    if (Array.isArray(value)) return value.map(clean);
    if (value !== null && typeof value === 'object') return cleanObject(value as LogFields);
    return value;
  };
  const cleanObject = (fields: LogFields): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, secretNames.test(name) ? '***' : clean(value)]),
    );
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}): void =>
      write(`${JSON.stringify({ at: now().toISOString(), level, event, ...cleanObject(fields) })}\n`);
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
