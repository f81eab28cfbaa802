/** @file Shows how far a job is: one line that is drawn over on a terminal, a line for each stage elsewhere. */
import type { FoleyProgress, FoleyStage } from '../foley/progress.js';
import type { Terminal } from './terminal.js';

const stageNames: Readonly<Record<FoleyStage, string>> = {
  open: 'opening',
  frames: 'looking at frames',
  text: 'reading the text',
  denoise: 'making sound',
  decode: 'decoding',
  vocode: 'making samples',
  write: 'writing',
};
const barWidth = 24;
/** Redrawing faster than this only costs time. */
const redrawMs = 80;

export interface ProgressView {
  update(progress: FoleyProgress): void;
  /** Clears the line. */
  end(): void;
}

/** @param now milliseconds from a steady clock */
export function createProgressView(
  terminal: Terminal,
  takes: number,
  now: () => number = () => performance.now(),
): ProgressView {
  const columns = terminal.liveColumns;
  if (terminal.modes.quiet || terminal.modes.json) return { update() {}, end() {} };
  return columns === null ? plainView(terminal, takes) : liveView(terminal, takes, columns, now);
}

/** For logs: each stage once, when it begins. */
function plainView(terminal: Terminal, takes: number): ProgressView {
  let shown = '';
  return {
    update({ stage, take }) {
      const line = describe(stage, take, takes);
      // decoding follows each window of a long clip; one line is enough
      if (line === shown || (stage === 'decode' && shown.startsWith(stageNames.denoise))) return;
      shown = line;
      terminal.note(line);
    },
    end() {},
  };
}

function liveView(terminal: Terminal, takes: number, columns: number, now: () => number): ProgressView {
  const { colors } = terminal;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawnStage: FoleyStage | null = null;
  return {
    update({ stage, done, total, take }) {
      const isNews = stage !== drawnStage || done === total;
      if (!isNews && now() - drawnAt < redrawMs) return;
      drawnAt = now();
      drawnStage = stage;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(share * barWidth);
      const label = describe(stage, take, takes).padEnd(24);
      const count = `${done}/${total}`;
      const plainLength = label.length + barWidth + count.length + 2;
      const bar = `${colors.cyan('━'.repeat(filled))}${colors.dim('─'.repeat(barWidth - filled))}`;
      const line =
        plainLength > columns - 1
          ? `${label.trim()} ${count}`.slice(0, columns - 1)
          : `${label} ${bar} ${count}`;
      terminal.live(`\r\u001b[2K${line}`);
    },
    end() {
      if (drawnStage !== null) terminal.live('\r\u001b[2K');
    },
  };
}

function describe(stage: FoleyStage, take: number, takes: number): string {
  const which = takes > 1 && stage !== 'open' && stage !== 'frames' ? ` (take ${take + 1} of ${takes})` : '';
  return `${stageNames[stage]}${which}`;
}
