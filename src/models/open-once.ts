/** @file A session that is compiled when it is first needed, and only once. */
import type { Session } from '../engine/engine.js';

export interface LateSession {
  /** Compiles on the first call; every call gives the same session. A failed compilation is tried again. */
  opened(): Promise<Session>;
  /** Closes the session if there is one. */
  close(): Promise<void>;
}

export function openOnce(compile: () => Promise<Session>): LateSession {
  let session: Promise<Session> | null = null;
  return {
    opened: () => {
      session ??= compile().catch((error: unknown) => {
        session = null;
        throw error;
      });
      return session;
    },
    close: async () => {
      const opened = session;
      session = null;
      await (await opened)?.close();
    },
  };
}
