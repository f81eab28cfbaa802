/** @file Sessions of one network for sounds of different lengths: shapes are static, so each length has its own. */
import type { Session } from '../../engine/engine.js';

export interface SessionsByLength {
  /** The session for so many columns, compiled when it is first asked for. */
  opened(columns: number): Promise<Session>;
  close(): Promise<void>;
}

/** Sets of sounds have one length or a few; more sessions than that would only hold memory. */
const mostOpen = 2;

/** Keeps the sessions that were used last. One sound at a time: a session may be closed when another length comes. */
export function openByLength(compile: (columns: number) => Promise<Session>): SessionsByLength {
  const open = new Map<number, Session>();
  return {
    async opened(columns) {
      const known = open.get(columns);
      const session = known ?? (await compile(columns));
      open.delete(columns);
      open.set(columns, session); // the last in the map is the one used last
      for (const [length, oldest] of open) {
        if (open.size <= mostOpen) break;
        open.delete(length);
        await oldest.close();
      }
      return session;
    },
    async close() {
      const sessions = [...open.values()];
      open.clear();
      for (const session of sessions) await session.close();
    },
  };
}
