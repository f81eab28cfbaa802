/** @file The sessions of one stage of the work: each opened when it is first asked for, all closed together. */
import type { CompileOptions, Engine, Session } from '../engine/engine.js';
import type { Program } from '../graph/index.js';

export interface SessionShelf {
  /** The session of that name; `build` is called if it is not open. A session that failed to open is tried again. */
  open(name: string, build: () => Program, options?: CompileOptions): Promise<Session>;
  /** Closes what is open; what is asked for later is opened anew. */
  close(): Promise<void>;
}

export function createSessionShelf(engine: Engine): SessionShelf {
  const sessions = new Map<string, Promise<Session>>();
  return {
    open(name, build, options) {
      const known = sessions.get(name);
      if (known !== undefined) return known;
      const opened = engine.compile(build(), options);
      sessions.set(name, opened);
      opened.catch(() => sessions.delete(name));
      return opened;
    },
    async close() {
      const open = [...sessions.values()];
      sessions.clear();
      for (const session of await Promise.allSettled(open)) {
        if (session.status === 'fulfilled') await session.value.close();
      }
    },
  };
}
