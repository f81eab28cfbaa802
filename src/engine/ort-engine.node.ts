/** @file The engine on Node: ONNX Runtime with weights mapped from their files. It blocks while it runs, so products run it in a child. */
import type { Engine, Session } from './engine.js';
import { type OrtEngineOptions, openPlanned, planSession } from './ort-session.node.js';

export type { OrtEngineOptions } from './ort-session.node.js';

/** An engine in this thread. Sessions it makes stay open until they or the engine are closed. */
export function createOrtEngine(options: OrtEngineOptions = {}): Engine {
  const device = options.device ?? 'cpu';
  const sessions = new Set<Session>();
  return {
    device,
    runsAtOnce: 1,
    async compile(program, compileOptions = {}) {
      const opened = await openPlanned(planSession(program, device, options, compileOptions));
      const session: Session = {
        program,
        ...opened,
        async close() {
          if (sessions.delete(session)) await opened.close();
        },
      };
      sessions.add(session);
      return session;
    },
    async close() {
      for (const session of [...sessions]) await session.close();
    },
  };
}
