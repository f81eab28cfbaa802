/** @file What every study is told from the outside. */

export interface StudyHooks {
  /** Ends the study where it is; what was measured is kept. */
  readonly signal?: AbortSignal;
  /** Called before each measurement and at the end; may throw to end the study there. */
  readonly onProgress?: (done: number, total: number) => void;
}
