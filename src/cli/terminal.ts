/** @file Where the command line writes: results to stdout, everything else to stderr, as its modes allow. */
import { createInterface } from 'node:readline/promises';
import pc from 'picocolors';
import { FoleyError, messageOf } from '../errors/foley-error.js';

/** What `main` talks to; tests give one that remembers. */
export interface CliStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where answers come from; without one, nothing is ever asked. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

export interface OutputModes {
  /** One JSON document on stdout in place of text; errors as JSON on stderr. */
  readonly json: boolean;
  /** Results and errors only. */
  readonly quiet: boolean;
  /** Timings, causes, stacks. */
  readonly verbose: boolean;
  readonly color: boolean;
}

export class Terminal {
  readonly modes: OutputModes;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly #streams: CliStreams;

  constructor(streams: CliStreams, modes: OutputModes) {
    this.#streams = streams;
    this.modes = modes;
    const { NO_COLOR, TERM } = streams.env;
    const wantsColor = modes.color && !NO_COLOR && TERM !== 'dumb';
    this.colors = pc.createColors(wantsColor && streams.stderr.isTTY === true);
  }

  /** Width of the terminal in characters; null where stderr is none, so that progress goes line by line. */
  get liveColumns(): number | null {
    const { isTTY, columns } = this.#streams.stderr;
    return isTTY === true ? columns || 80 : null; // some pretend to have none
  }

  get env(): CliStreams['env'] {
    return this.#streams.env;
  }

  /**
   * Asks a person; null where there is none: input or output is no terminal, or --json or --quiet was given.
   * @returns what was typed, or null when the input ended
   */
  async ask(question: string): Promise<string | null> {
    const { stdin, stderr } = this.#streams;
    if (stdin?.isTTY !== true || stderr.isTTY !== true || this.modes.json || this.modes.quiet) return null;
    this.live(question);
    const lines = createInterface({ input: stdin, terminal: false });
    try {
      for await (const line of lines) return line;
      return null;
    } finally {
      lines.close();
    }
  }

  /** One line of result. */
  result(line: string): void {
    this.#streams.stdout.write(`${line}\n`);
  }

  /** The result as JSON. */
  json(value: unknown): void {
    this.#streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** A line about what happens; not with --quiet. */
  note(line: string): void {
    if (!this.modes.quiet) this.#streams.stderr.write(`${line}\n`);
  }

  /** A line for those who want to know more. */
  detail(line: string): void {
    if (this.modes.verbose) this.#streams.stderr.write(`${this.colors.dim(line)}\n`);
  }

  warn(message: string): void {
    this.note(`${this.colors.yellow('warning:')} ${message}`);
  }

  /** Unprocessed text on stderr, for the progress bar. */
  live(text: string): void {
    this.#streams.stderr.write(text);
  }

  /** An error in one line, a hint in a second; as JSON with --json. */
  error(thrown: unknown): void {
    const code = thrown instanceof FoleyError ? thrown.code : 'unexpected';
    const hint = thrown instanceof FoleyError ? thrown.hint : null;
    const message = messageOf(thrown);
    if (this.modes.json) {
      this.#streams.stderr.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
    } else {
      this.#streams.stderr.write(`${this.colors.red('error:')} ${message}\n`);
      if (hint !== null) this.#streams.stderr.write(`${this.colors.cyan('hint:')} ${hint}\n`);
    }
    if (this.modes.verbose && thrown instanceof Error) {
      const cause = thrown.cause === undefined ? '' : `\ncaused by: ${causeText(thrown.cause)}`;
      this.detail(`${thrown.stack ?? ''}${cause}`);
    }
  }
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
