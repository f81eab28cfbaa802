/** @file Gathers what a model lacks, so that one error says all of it and what to do. */
import { FoleyError } from '../../errors/foley-error.js';

/** What can be done about one thing that is missing. */
export interface Remedy {
  /** A command that gets it. */
  readonly command?: string;
  /** A flag that names it. */
  readonly flag?: string;
  /** A sentence, with a full stop. */
  readonly text?: string;
}

export class MissingFiles {
  readonly #whats: string[] = [];
  readonly #pickles: string[] = [];
  readonly #remedies: Remedy[] = [];

  /** A file that is there, but as a pickle, which generation does not read. */
  addPickle(what: string, path: string): void {
    this.#whats.push(`${what} as safetensors (there is only ${path})`);
    this.#pickles.push(path);
  }

  add(what: string, remedy: Remedy): void {
    this.#whats.push(what);
    this.#remedies.push(remedy);
  }

  /** @throws FoleyError 'model-missing' listing everything that was added */
  throwIfAny(model: string): void {
    if (this.#whats.length === 0) return;
    throw new FoleyError('model-missing', `${model} lacks ${this.#whats.join('; ')}`, { hint: this.#hint() });
  }

  #hint(): string {
    const given = <T>(values: readonly (T | undefined)[]): T[] => [
      ...new Set(values.filter((value) => value !== undefined)),
    ];
    const commands = given(this.#remedies.map(({ command }) => command));
    const flags = given(this.#remedies.map(({ flag }) => flag));
    const convert = `Convert once, with: smooth-foley models convert ${this.#pickles.map(quoted).join(' ')}`;
    const ways = [
      ...commands.map((command) => `get it with: ${command}`),
      ...(flags.length > 0 ? [`name it with ${flags.join(', ')}`] : []),
    ].join(', or ');
    return [
      ...(this.#pickles.length > 0 ? [convert] : []),
      ...(ways === '' ? [] : [`${ways[0]!.toUpperCase()}${ways.slice(1)}.`]),
      ...given(this.#remedies.map(({ text }) => text)),
    ].join(' ');
  }
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./@:+=,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
