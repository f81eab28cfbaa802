/** @file The command line: `main` parses, runs one command, and answers with an exit status. */
import { Command, CommanderError } from 'commander';
import { FoleyError } from '../errors/foley-error.js';
import { runFoleyJob, runInspection } from '../foley/job-runner.node.js';
import { readVersions } from '../foley/versions.node.js';
import type { CliServices, CommandHost } from './command-host.js';
import { addBatchCommand } from './commands/batch.js';
import { addDataCommand } from './commands/data.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEvalCommand } from './commands/eval.js';
import { addGenerateCommand } from './commands/generate.js';
import { addInspectCommand } from './commands/inspect.js';
import { addModelsCommand } from './commands/models.js';
import { addServeCommand, addWorkerCommand } from './commands/serve.js';
import { addStudioCommand } from './commands/studio.js';
import { addTrainCommand } from './commands/train.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { type CliStreams, type OutputModes, Terminal } from './terminal.js';

const realServices: CliServices = { runFoleyJob, runInspection };
const processStreams: CliStreams = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
};

/**
 * Runs one command line.
 * @param argv without the names of node and the program
 * @returns the exit status; see `exit-codes.ts`
 */
export async function main(
  argv: readonly string[],
  streams: CliStreams = processStreams,
  services: CliServices = realServices,
): Promise<number> {
  // errors before the options are parsed follow the raw arguments
  let terminal = new Terminal(
    streams,
    modesFrom({ json: argv.includes('--json'), verbose: argv.includes('--verbose') }),
  );
  const host: CommandHost = {
    services,
    run: (command, action) =>
      command.action(async (...args: unknown[]) => {
        const used = args.at(-1) as Command;
        terminal = new Terminal(streams, modesFrom(used.optsWithGlobals()));
        await action(terminal, used);
      }),
  };
  try {
    await buildProgram(host, streams).parseAsync([...argv], { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return exitCodes.ok;
      terminal.error(usageError(thrown));
      return exitCodes.usage;
    }
    terminal.error(thrown);
    return thrown instanceof FoleyError ? exitCodeOf(thrown.code) : exitCodes.failed;
  }
}

function buildProgram(host: CommandHost, streams: CliStreams): Command {
  const program = new Command('smooth-foley')
    .description('Sound for silent video.')
    .version(readVersions().smoothFoley, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show help for a command')
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      outputError: () => {}, // main prints errors, in one form for all
    })
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 failed, 2 wrong usage, 3 input rejected, 4 model missing or damaged, 130 interrupted.\nWith no arguments to a command, add --help to see what it takes.',
    );
  for (const add of [
    addGenerateCommand,
    addBatchCommand,
    addInspectCommand,
    addStudioCommand,
    addTrainCommand,
    addDataCommand,
    addEvalCommand,
    addModelsCommand,
    addServeCommand,
    addWorkerCommand,
    addDoctorCommand,
  ]) {
    add(program, host);
  }
  for (const command of everyCommand(program)) addModeOptions(command);
  return program;
}

function* everyCommand(command: Command): Generator<Command> {
  for (const child of command.commands) {
    yield child;
    yield* everyCommand(child);
  }
}

function addModeOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .option('--json', 'one JSON document on stdout, errors as JSON on stderr')
    .option('-q, --quiet', 'results and errors only')
    .option('-v, --verbose', 'timings, causes and stacks')
    .option('--no-color', 'plain text; also with NO_COLOR in the environment')
    .exitOverride()
    .configureHelp({ sortOptions: false });
}

function modesFrom(options: Record<string, unknown>): OutputModes {
  return {
    json: options.json === true,
    quiet: options.quiet === true,
    verbose: options.verbose === true,
    color: options.color !== false,
  };
}

/** commander's words without its own "error:". */
function usageError(thrown: CommanderError): FoleyError {
  const [message, ...rest] = thrown.message.replace(/^error: /, '').split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  return new FoleyError('usage', message === '(outputHelp)' ? 'no command was given' : message!, {
    hint: suggestion === '' ? 'smooth-foley --help lists the commands and their options' : suggestion,
  });
}
