/** @file What the page has to say: problems that stay until they are read, and words for those who listen. */

export interface Problem {
  readonly id: number;
  readonly message: string;
  readonly hint: string | null;
}

/** What errors of the service carry beside their message. */
interface Hinted {
  readonly hint?: unknown;
}

export class Notices {
  problems = $state.raw<readonly Problem[]>([]);
  /** Read out by screen readers as it changes. */
  spoken = $state('');
  #last = 0;

  say(words: string): void {
    // the same words twice are read twice only if the text differs
    this.spoken = words === this.spoken ? `${words} ` : words;
  }

  problem(message: string, hint: string | null = null): void {
    if (this.problems.some((known) => known.message === message)) return;
    this.problems = [...this.problems, { id: ++this.#last, message, hint }];
  }

  /** Anything that was thrown, in its own words. */
  caught(thrown: unknown): void {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const hint = (thrown as Hinted | null)?.hint;
    this.problem(message, typeof hint === 'string' ? hint : null);
  }

  dismiss(id: number): void {
    this.problems = this.problems.filter((problem) => problem.id !== id);
  }
}
