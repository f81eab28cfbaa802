/** @file `smooth-foley batch`: a folder, JSONL or CSV of clips in, one line for each clip out, resumable. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import { batchFields, readBatch } from '../../service/batch/batch-items.node.js';
import type { BatchLine } from '../../service/batch/batch-journal.node.js';
import type { BatchSummary } from '../../service/batch/run-batch.node.js';
import { jsonLog } from '../../service/log.js';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import { addFieldOptions, valuesOf } from '../schema-flags.js';
import type { Terminal } from '../terminal.js';
import { parseTrackFlag, trackFlagHelp } from '../track-flag.js';

/** Tracks have a flag of their own. */
const flagFields = batchFields.filter((field) => field.name !== 'tracks');

export function addBatchCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('batch')
    .description('make sound for many clips: a folder, or a JSONL or CSV file with one clip a line')
    .argument('<input>', 'folder of clips, .jsonl or .csv')
    .requiredOption('--out-dir <folder>', 'where results go, with a record of the batch in batch.jsonl')
    .option('--workers <n>', 'clips at once; the cores are shared between them', '1')
    .option('--resume', 'go on with the batch that is in the output folder')
    .option('-y, --overwrite', 'replace results that exist');
  addFieldOptions(command, flagFields);
  command.addOption(
    new Option('--track <text>', trackFlagHelp)
      .argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), parseTrackFlag(text)])
      .helpGroup('What is heard:'),
  );
  command.addHelpText(
    'after',
    '\nA line of JSONL is an object, a line of CSV a row under named columns: video, name, and any field of a request.\n' +
      'What a line says counts more than the options here.\n\nExamples:\n' +
      '  smooth-foley batch clips/ --label "dog barking" --out-dir out\n' +
      '  smooth-foley batch clips.jsonl --out-dir out --workers 2 --resume',
  );
  host.run(command, async (terminal, { args }) => {
    const given = command.opts<Record<string, unknown>>();
    const common = {
      ...valuesOf(flagFields, given),
      ...(given.track === undefined ? {} : { tracks: given.track }),
    };
    const items = await readBatch(args[0]!, common, (texts) => valuesOf(flagFields, texts));
    const { runBatch } = await import('../../service/batch/run-batch.node.js');
    const view = new BatchView(terminal, items.length);
    const summary = await withInterrupt((signal) =>
      runBatch(items, {
        outDir: given.outDir as string,
        workers: workersOf(given.workers as string),
        isResumed: given.resume === true,
        overwrite: given.overwrite === true,
        signal,
        log: jsonLog((line) => terminal.detail(line.trimEnd())),
        onLine: (line) => view.line(line),
        onProgress: ({ video, key }, { fraction }) => view.progress(key, video, fraction),
      }),
    ).finally(() => view.end());
    view.summary(summary);
    if (summary.failed > 0) {
      throw new FoleyError('batch-incomplete', `${summary.failed} of ${summary.clips} clips failed`, {
        hint: 'The same command with --resume tries them again.',
      });
    }
  });
}

function workersOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 256) return count;
  throw new FoleyError('usage', `--workers must be a whole number from 1 to 256, got "${text}"`);
}

/** Lines to stdout as clips end; how far it is to stderr. */
class BatchView {
  readonly #terminal: Terminal;
  readonly #count: number;
  readonly #running = new Map<string, { video: string; fraction: number }>();
  #ended = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, count: number) {
    this.#terminal = terminal;
    this.#count = count;
  }

  progress(key: string, video: string, fraction: number): void {
    if (!this.#running.has(key)) this.#note(`begun   ${video}`);
    this.#running.set(key, { video, fraction });
    this.#draw();
  }

  line(line: BatchLine): void {
    this.#ended++;
    this.#running.delete(line.key);
    this.end();
    const { state, video, files, error, seconds, warnings } = line;
    if (this.#terminal.modes.json) {
      this.#terminal.result(JSON.stringify(line));
    } else {
      const what =
        state === 'done'
          ? files.filter((file) => /\.(?:mp4|mov|webm|mkv)$/.test(file)).join(' ')
          : error!.message;
      this.#terminal.result([state, video, what, `${seconds} s`].join('\t'));
      for (const warning of warnings) this.#terminal.warn(`${basename(video)}: ${warning}`);
    }
    this.#draw();
  }

  summary({ clips, done, failed, before, seconds }: BatchSummary): void {
    if (this.#terminal.modes.json) {
      this.#terminal.result(JSON.stringify({ summary: { clips, done, failed, before, seconds } }));
      return;
    }
    const earlier = before === 0 ? '' : ` (${before} by an earlier run)`;
    this.#terminal.note(`${done} of ${clips} clips done${earlier}, ${failed} failed, in ${seconds} s`);
  }

  /** Clears the line that is drawn over. */
  end(): void {
    if (this.#isLive) this.#terminal.live('\r\u001b[2K');
  }

  get #isLive(): boolean {
    const { modes, liveColumns } = this.#terminal;
    return liveColumns !== null && !modes.quiet && !modes.json;
  }

  /** For logs; on a terminal the drawn line says it. */
  #note(text: string): void {
    if (!this.#isLive && !this.#terminal.modes.json) this.#terminal.note(text);
  }

  #draw(): void {
    if (!this.#isLive || performance.now() - this.#drawnMs < 100) return;
    this.#drawnMs = performance.now();
    const running = [...this.#running.values()].map(
      ({ video, fraction }) => `${basename(video)} ${Math.round(fraction * 100)} %`,
    );
    const text = `${this.#ended} of ${this.#count}  ${running.join('  ')}`;
    this.#terminal.live(`\r\u001b[2K${text.slice(0, this.#terminal.liveColumns! - 1)}`);
  }
}
