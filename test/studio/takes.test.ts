import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answer,
  chanceOfAtLeast,
  hear,
  heardTake,
  prefer,
  reveal,
  scoreOf,
  startTest,
} from '../../src/studio/page/blind-test.js';
import { describeJob, timeLeft } from '../../src/studio/page/job-words.js';
import { commandFor, nameKeys, shortcuts } from '../../src/studio/page/keyboard.js';
import { readSession, writeSession } from '../../src/studio/page/saved-session.js';
import {
  addTakes,
  freshSeeds,
  judgeTake,
  listedTakes,
  nameTake,
  type Take,
} from '../../src/studio/page/takes.js';

describe('takes', () => {
  const job = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), track: fc.constantFrom('t1', 't2'), jobs: fc.array(job) }),
    fc.record({ kind: fc.constant('name' as const), job, name: fc.string() }),
    fc.record({
      kind: fc.constant('judge' as const),
      job,
      verdict: fc.constantFrom('kept' as const, 'discarded' as const),
    }),
  );

  it('no take is ever lost or renumbered, whatever is done with the list', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let takes: Take[] = [];
        for (const item of steps) {
          const before = takes;
          if (item.kind === 'add') takes = addTakes(takes, item.track, item.jobs);
          else if (item.kind === 'name') takes = nameTake(takes, item.job, item.name);
          else takes = judgeTake(takes, item.job, item.verdict);
          before.forEach((take, index) => {
            expect(takes[index]).toMatchObject({
              jobId: take.jobId,
              number: take.number,
              trackId: take.trackId,
            });
          });
          for (const track of ['t1', 't2']) {
            const numbers = listedTakes(takes, track, true).map((take) => take.number);
            expect(new Set(numbers).size).toBe(numbers.length);
          }
          expect(takes.every((take) => take.name.trim() !== '')).toBe(true);
        }
      }),
    );
  });

  it('discarding hides, and discarding again brings back', () => {
    const takes = addTakes([], 't', ['a', 'b']);
    const discarded = judgeTake(takes, 'a', 'discarded');
    expect(listedTakes(discarded, 't', false).map((take) => take.jobId)).toEqual(['b']);
    expect(judgeTake(discarded, 'a', 'discarded')).toEqual(takes);
  });

  it('a seed is not used twice, and seeds wrap at 32 bits', () => {
    expect(freshSeeds(7, 3, new Set([8]))).toEqual([7, 9, 10]);
    expect(freshSeeds(4294967295, 2, new Set())).toEqual([4294967295, 0]);
  });
});

describe('comparing by ear', () => {
  it('X is always one of the two, and what is heard is what it says', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), fc.boolean(), (bits, isBlind) => {
        const draw = (): boolean => bits.next().value;
        let test = startTest('one', 'two', isBlind, draw);
        expect(new Set([test.a, test.b])).toEqual(new Set(['one', 'two']));
        if (!isBlind) expect(test.a).toBe('one');
        for (let round = 0; round < 5; round++) {
          expect(heardTake(hear(test, 'x'))).toBe(test[test.x]);
          const truth = test.x;
          test = answer(test, 'a', draw);
          expect(test.trials.at(-1)).toEqual({ truth, answer: 'a' });
        }
        expect(scoreOf(test).right).toBe(test.trials.filter((trial) => trial.truth === 'a').length);
      }),
    );
  });

  it('a blind draw puts either take on either side, evenly', () => {
    let seed = 1;
    const draw = (): boolean => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed > 2 ** 30;
    };
    const swaps = Array.from({ length: 400 }, () => startTest('one', 'two', true, draw)).filter(
      (test) => test.a === 'two',
    ).length;
    // four standard deviations of a fair coin thrown 400 times
    expect(Math.abs(swaps - 200)).toBeLessThan(40);
  });

  it('a choice or a look ends the blindness', () => {
    const test = startTest('one', 'two', true, () => true);
    expect(prefer(test, 'a')).toMatchObject({ preferred: 'two', isBlind: false });
    expect(reveal(test).isBlind).toBe(false);
  });

  it('says how likely a guess is', () => {
    expect(chanceOfAtLeast(0, 0)).toBe(1);
    expect(chanceOfAtLeast(5, 5)).toBe(1 / 32);
    // scipy.stats.binom.sf(8, 10, 0.5) = 11/1024
    expect(chanceOfAtLeast(9, 10)).toBeCloseTo(11 / 1024, 12);
  });
});

describe('words about jobs', () => {
  const job = { isCancelRequested: false, error: null, progress: null, queuePosition: null } as const;
  const progress = { stage: 'denoise', done: 5, total: 20, take: 0, takes: 1, fraction: 0.4 } as const;

  it('say the stage, the count, the time left and the place in the queue', () => {
    expect(describeJob({ ...job, state: 'running', progress: { ...progress, secondsLeft: 4.2 } })).toEqual({
      text: 'making the sound 5 of 20, about 4 s left',
      fraction: 0.4,
    });
    expect(describeJob({ ...job, state: 'queued', queuePosition: 2 }).text).toBe('waiting, 2 jobs before it');
    expect(describeJob({ ...job, state: 'queued', queuePosition: 0 }).text).toBe('next in the queue');
    expect(timeLeft(0.2)).toBe('about a second left');
    expect(timeLeft(90)).toBe('about 2 min left');
  });

  it('repeat an error in its own words', () => {
    const error = {
      code: 'model-missing',
      message: 'the model "big" is not on this machine',
      hint: 'Pull it.',
      field: null,
      details: {},
      requestId: null,
    };
    expect(describeJob({ ...job, state: 'failed', error }).text).toBe(error.message);
  });
});

describe('the keyboard', () => {
  const press = (
    key: string,
    more: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {},
  ) => ({
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });

  it('every shortcut of the sheet does what the sheet says', () => {
    for (const shortcut of shortcuts) {
      const event = press(
        shortcut.shift
          ? shortcut.key
              .toUpperCase()
              .replace(/^ARROW(.)(.*)/, (_, a: string, b: string) => `Arrow${a}${b.toLowerCase()}`)
          : shortcut.key,
        {
          shiftKey: shortcut.shift ?? false,
          ctrlKey: shortcut.control ?? false,
        },
      );
      expect(commandFor(event, 'page'), nameKeys(shortcut)).toBe(shortcut.command);
    }
  });

  it('no two commands share a key', () => {
    const keys = shortcuts.map(nameKeys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('typing types, arrows move sliders, and Space presses buttons', () => {
    for (const key of ['j', ' ', 'ArrowLeft', '?', 'Enter'])
      expect(commandFor(press(key), 'text')).toBeNull();
    expect(commandFor(press('Enter', { ctrlKey: true }), 'text')).toBe('generate');
    expect(commandFor(press('ArrowLeft'), 'arrows')).toBeNull();
    expect(commandFor(press('j'), 'arrows')).toBe('shuttle-back');
    expect(commandFor(press(' '), 'button')).toBeNull();
    expect(commandFor(press('l'), 'button')).toBe('shuttle-forward');
    expect(commandFor(press('i', { altKey: true }), 'page')).toBeNull();
    expect(commandFor(press('?', { shiftKey: true }), 'page')).toBe('sheet');
    expect(commandFor(press('z', { metaKey: true }), 'page')).toBe('undo');
  });
});

describe('what a session leaves behind', () => {
  it('is read back as it was, and anything else is nothing', () => {
    const session = {
      mediaId: 'm',
      settings: { steps: 10 },
      tracks: [
        {
          id: 'track-1',
          number: 1,
          values: { label: 'dog' },
          gainDb: -3,
          pan: 0,
          isMuted: false,
          spans: [{ startSeconds: 1, endSeconds: 2 }],
          currentJobId: null,
        },
      ],
      takes: addTakes([], 'track-1', ['a']),
      mixes: [],
    };
    expect(readSession(writeSession(session))).toEqual({ format: 'smooth-foley.session/1', ...session });
    expect(readSession(null)).toBeNull();
    expect(readSession('{')).toBeNull();
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(readSession(text)).toBeNull();
      }),
    );
  });
});
