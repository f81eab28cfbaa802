/** @file What a command is given by the command line around it. */
import type { Command } from 'commander';
import type { runFoleyJob, runInspection } from '../foley/job-runner.node.js';
import type { Terminal } from './terminal.js';

/** The work behind the commands; tests put a double in its place. */
export interface CliServices {
  readonly runFoleyJob: typeof runFoleyJob;
  readonly runInspection: typeof runInspection;
}

export interface CommandHost {
  readonly services: CliServices;
  /** Sets the action of a command: `action` gets the terminal in the modes that were asked for. */
  run(command: Command, action: (terminal: Terminal, command: Command) => Promise<void>): void;
}
