/** @file What the service asks of a database: statements, transactions, and word of what others wrote. */

export type Row = Readonly<Record<string, unknown>>;

/** Statements take `$1`-style values. */
export interface Queryable {
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

/** PostgreSQL, embedded or on a server. */
export interface Database extends Queryable {
  /** All of it or nothing. The connection belongs to `work` until it settles. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Calls back when any process has said so with `pg_notify`, and when the line was broken and stands again (then
   * words may have been missed). @returns a way to stop
   */
  listen(channel: string, onWord: (payload: string) => void): Promise<() => Promise<void>>;
}

/** Of node's sockets, and of PostgreSQL: class 08, and the server that goes down or is not up yet. */
const lostCodes = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|08\w{3}|57P0[123])$/;

/** Whether a statement failed because the database is not there, and not for what it says. */
export function isConnectionLost(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code } = thrown as { code?: unknown };
  return (typeof code === 'string' && lostCodes.test(code)) || /^Connection terminated/.test(thrown.message);
}
