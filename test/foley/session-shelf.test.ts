import { describe, expect, test } from 'vitest';
import type { Engine, Session } from '../../src/engine/index.js';
import { createSessionShelf } from '../../src/foley/session-shelf.js';
import { add, input, program } from '../../src/graph/index.js';

/** An engine that only counts; the program named `broken` never opens the first time. */
function countingEngine() {
  const opened: string[] = [];
  const closed: string[] = [];
  const engine: Engine = {
    device: 'cpu',
    runsAtOnce: 1,
    async compile(built) {
      opened.push(built.name);
      if (built.name === 'broken' && opened.filter((name) => name === 'broken').length === 1)
        throw new Error('no memory');
      const session: Session = {
        program: built,
        run: async () => ({}),
        close: async () => {
          closed.push(built.name);
        },
      };
      return session;
    },
    close: async () => {},
  };
  return { engine, opened, closed };
}

function named(name: string) {
  const x = input('x', [1]);
  return () => program(name, { inputs: [x], outputs: { y: add(x, 1) } });
}

describe('a shelf of sessions', () => {
  test('opens each once, also when asked for it twice at the same time', async () => {
    const { engine, opened } = countingEngine();
    const shelf = createSessionShelf(engine);
    const [a, b] = await Promise.all([shelf.open('a', named('a')), shelf.open('a', named('a'))]);
    expect(a).toBe(b);
    await shelf.open('b', named('b'));
    expect(opened).toEqual(['a', 'b']);
  });

  test('closes all that is open, and opens anew afterwards', async () => {
    const { engine, opened, closed } = countingEngine();
    const shelf = createSessionShelf(engine);
    await shelf.open('a', named('a'));
    await shelf.open('b', named('b'));
    await shelf.close();
    await shelf.close();
    expect(closed).toEqual(['a', 'b']);
    await shelf.open('a', named('a'));
    expect(opened).toEqual(['a', 'b', 'a']);
  });

  test('tries again what failed, and closes around it', async () => {
    const { engine, opened, closed } = countingEngine();
    const shelf = createSessionShelf(engine);
    await expect(shelf.open('broken', named('broken'))).rejects.toThrow('no memory');
    await shelf.open('a', named('a'));
    await shelf.open('broken', named('broken'));
    expect(opened).toEqual(['broken', 'a', 'broken']);
    await shelf.close();
    expect(closed).toEqual(['a', 'broken']);
  });
});
