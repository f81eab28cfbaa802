/** @file Shows how far a download is: one line that is drawn over on a terminal, two lines a file elsewhere. */
import { formatBytes, type PullProgress } from '../hub/index.js';
import type { Terminal } from './terminal.js';

export interface PullView {
  update(progress: PullProgress): void;
  /** A line of its own, such as that it is tried again. */
  note(line: string): void;
  /** Clears the line. */
  end(): void;
}

const barWidth = 20;
/** Redrawing faster than this only costs time. */
const redrawMs = 100;
/** The rate is that of the last seconds, so that it follows the network. */
const rateWindowMs = 5000;

/** @param now milliseconds from a steady clock */
export function createPullView(
  terminal: Terminal,
  showsProgress: boolean,
  now: () => number = () => performance.now(),
): PullView {
  if (!showsProgress || terminal.modes.quiet || terminal.modes.json) {
    return { update() {}, note: (line) => terminal.note(line), end() {} };
  }
  return terminal.liveColumns === null ? plainView(terminal) : liveView(terminal, terminal.liveColumns, now);
}

/** For logs: a line when a file begins, and one when it is here. */
function plainView(terminal: Terminal): PullView {
  let begun = 0;
  let ended = 0;
  let waiting = 0;
  return {
    update({ file, fileNumber, fileCount, fileBytes, fileBytesHere, isWaiting }) {
      if (isWaiting && waiting !== fileNumber) {
        waiting = fileNumber;
        terminal.note(`waiting for another process that downloads ${file}`);
      } else if (begun !== fileNumber) {
        begun = fileNumber;
        const from =
          fileBytesHere > 0 && fileBytesHere < fileBytes ? `, from ${formatBytes(fileBytesHere)}` : '';
        terminal.note(`[${fileNumber}/${fileCount}] ${file}, ${formatBytes(fileBytes)}${from}`);
      }
      if (fileBytesHere === fileBytes && ended !== fileNumber) ended = fileNumber;
    },
    note: (line) => terminal.note(line),
    end() {},
  };
}

function liveView(terminal: Terminal, columns: number, now: () => number): PullView {
  const { colors } = terminal;
  const marks: { readonly at: number; readonly bytes: number }[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawnFile = '';
  const clear = (): void => terminal.live('\r\u001b[2K');
  return {
    update({ file, fileNumber, fileCount, bytesHere, bytes, isWaiting }) {
      const at = now();
      if (file === drawnFile && bytesHere < bytes && at - drawnAt < redrawMs) return;
      drawnAt = at;
      drawnFile = file;
      if (bytesHere < (marks.at(-1)?.bytes ?? 0)) marks.length = 0;
      marks.push({ at, bytes: bytesHere });
      while (marks.length > 2 && at - marks[0]!.at > rateWindowMs) marks.shift();
      const share = bytes === 0 ? 1 : bytesHere / bytes;
      const filled = Math.round(share * barWidth);
      const bar = `${colors.cyan('━'.repeat(filled))}${colors.dim('─'.repeat(barWidth - filled))}`;
      const count = `${formatBytes(bytesHere)} of ${formatBytes(bytes)}`;
      const tail = isWaiting ? 'another process downloads it' : rateText(marks, bytes);
      const words = `${count}  ${tail}  ${fileNumber}/${fileCount} ${file}`;
      const room = columns - barWidth - 3;
      clear();
      terminal.live(room < 20 ? count.slice(0, columns - 1) : `${bar} ${words.slice(0, room)}`);
    },
    note(line) {
      clear();
      terminal.note(line);
      drawnFile = '';
    },
    end() {
      if (drawnAt > Number.NEGATIVE_INFINITY) clear();
    },
  };
}

/** `12.3 MB/s  1:40 left`; empty until there is something to measure. */
function rateText(marks: readonly { at: number; bytes: number }[], total: number): string {
  const first = marks[0]!;
  const last = marks.at(-1)!;
  const seconds = (last.at - first.at) / 1000;
  const rate = seconds > 0.2 ? (last.bytes - first.bytes) / seconds : 0;
  if (rate <= 0) return '';
  const left = Math.ceil((total - last.bytes) / rate);
  return `${formatBytes(Math.round(rate))}/s  ${clockOf(left)} left`;
}

function clockOf(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
