/** @file The log of a training run: one JSON object a line, appended, so that a crash loses nothing. */
import { appendFile, readFile } from 'node:fs/promises';
import { asOutputError, writeFileAtomic } from '../files/atomic-file.node.js';

/** One line of the log. */
export interface LogLine {
  /** Updates made when the line was written. */
  readonly step: number;
  /** Mean loss of the updates since the line before. */
  readonly loss: number;
  readonly learningRate: number;
  /** Mean norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Seconds for each update since the line before. */
  readonly secondsPerStep: number;
  /** Seconds of each update that went into making batches. */
  readonly dataSecondsPerStep: number;
  /** Updates left out because their gradient was not finite. */
  readonly skipped: number;
  /** Means of the stage's own figures. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Loss of the averaged weights on held-out batches, where it was measured at this step. */
  readonly validation?: { readonly loss: number; readonly metrics: Readonly<Record<string, number>> };
}

export async function appendLogLine(path: string, line: LogLine): Promise<void> {
  try {
    await appendFile(path, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw asOutputError(path, error);
  }
}

/** The lines of a log up to a step: after a resume, lines of updates that were lost are written again. */
export async function readLog(path: string): Promise<LogLine[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line.endsWith('}')) // a line cut short by a crash is no line
    .map((line) => JSON.parse(line) as LogLine);
}

/** Replaces the log: what a resumed run begins with. */
export async function rewriteLog(path: string, lines: readonly LogLine[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFileAtomic(path, new TextEncoder().encode(text));
}
