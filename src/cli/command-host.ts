/** @file What a command is given by the command line around it. */
import type { Command } from 'commander';
import type { Terminal } from './terminal.js';

export interface CommandHost {
  /** Sets the action of a command: `action` gets the terminal in the modes that were asked for. */
  run(command: Command, action: (terminal: Terminal, command: Command) => Promise<void>): void;
}
