import { describe, expect, it } from 'vitest';
import { type ChoiceMeasurement, choiceMarkdown, choiceRows } from '../../src/benchmark/run-choices.node.js';

const measured = (
  group: ChoiceMeasurement['group'],
  rank: number,
  isUncertain: boolean,
): ChoiceMeasurement => ({
  scene: `${group}-${rank}`,
  group,
  classId: 'owl',
  chosenId: rank === 0 ? 'owl' : 'cow',
  rank,
  score: 0.6,
  isUncertain,
});

describe('the table of choices', () => {
  const rows = choiceRows([
    measured('stays', 0, false),
    measured('stays', 2, false),
    measured('stays', 9, true),
    measured('place', 3, true),
  ]);
  it('counts what is right, by group and by what was said of it', () => {
    const shares = Object.fromEntries(
      rows.map(({ name, count, first, inThree }) => [name, [count, first.estimate, inThree.estimate]]),
    );
    expect(shares).toEqual({
      'all scenes': [4, 0.25, 0.5],
      'the thing stays': [3, expect.closeTo(1 / 3, 6), expect.closeTo(2 / 3, 6)],
      'the place itself sounds': [1, 0, 0],
      'choices called certain': [2, 0.5, 1],
      'choices called uncertain': [2, 0, 0],
    });
  });
  it('is Markdown', () => {
    expect(choiceMarkdown({ rows })).toContain('| choices called certain | 2 | 0.50 (0.00 to 1.00) | 1.00');
  });
});
