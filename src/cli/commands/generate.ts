/** @file `smooth-foley generate`: a clip and a label in, a clip with sound out. */
import { type Command, Option } from 'commander';
import { describeChoice } from '../../foley/choose-label.js';
import type { FoleyResult } from '../../foley/job-runner.node.js';
import { foleyRequestSchema, parseRequest } from '../../foley/request.js';
import { requestFields } from '../../foley/request-fields.js';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import { offlineOption } from '../offline-option.js';
import { createProgressView } from '../progress-view.js';
import { readRequestFile } from '../request-file.js';
import { addFieldOptions, flagOf, valuesOf } from '../schema-flags.js';
import type { Terminal } from '../terminal.js';
import { parseTrackFlag, trackFlagHelp } from '../track-flag.js';

/** The clip is an argument and tracks have a flag of their own; every other field is a flag. */
export const generateFields = requestFields(foleyRequestSchema).filter(
  (field) => field.name !== 'video' && field.name !== 'tracks',
);

export function addGenerateCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('generate')
    .description('make sound for a clip: writes <clip>.foley.wav, <clip>.foley.mp4 and <clip>.foley.json')
    .argument('[video]', 'the clip: MP4, MOV, WebM or MKV');
  addFieldOptions(command, generateFields);
  command.addOption(
    new Option(
      '--from <file>',
      'start from the request in a <clip>.foley.json, or from a request as JSON; other flags change it',
    ).helpGroup('What is heard:'),
  );
  command.addOption(
    new Option('--track <text>', trackFlagHelp)
      .argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), parseTrackFlag(text)])
      .helpGroup('What is heard:'),
  );
  command.addOption(offlineOption());
  command.addHelpText(
    'after',
    '\nExamples:\n  smooth-foley generate dog.mp4 --label "dog barking" --takes 3' +
      '\n  smooth-foley generate dog.mp4 --track "dog barking" --track "rain; gain=-8; seed=3"',
  );
  host.run(command, async (terminal, { args, opts }) => {
    const given = opts.call(command) as Record<string, unknown>;
    const request = parseRequest(
      {
        ...withoutReplaced(typeof given.from === 'string' ? await readRequestFile(given.from) : {}, given),
        ...(args[0] === undefined ? {} : { video: args[0] }),
        ...valuesOf(generateFields, given),
        ...(given.track === undefined ? {} : { tracks: given.track }),
      },
      nameOf,
    );
    const view = createProgressView(terminal, request.takes);
    const result = await withInterrupt((signal) =>
      host.services.runFoleyJob(request, { signal, onProgress: (progress) => view.update(progress) }),
    ).finally(() => view.end());
    report(terminal, result);
  });
}

function nameOf(field: string): string {
  return { video: 'the video', tracks: '--track' }[field] ?? flagOf(field);
}

/** What a file says of one label gives way to --track, and its tracks to --label. */
function withoutReplaced(
  request: Record<string, unknown>,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const replaced =
    given.track !== undefined
      ? ['label', 'prompt', 'timing', 'tracks']
      : given.label !== undefined
        ? ['tracks']
        : [];
  return Object.fromEntries(Object.entries(request).filter(([name]) => !replaced.includes(name)));
}

function report(terminal: Terminal, { takes, paths, peakRssBytes }: FoleyResult): void {
  const last = takes.at(-1)!;
  for (const warning of new Set(takes.flatMap((take) => take.warnings))) terminal.warn(warning);
  for (const [stage, seconds] of Object.entries(last.timings)) {
    if (seconds > 0) terminal.detail(`${stage.padEnd(8)} ${seconds.toFixed(2)} s`);
  }
  terminal.detail(`memory   ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB at most`);
  if (last.chosenLabel !== null && !last.chosenLabel.isUncertain)
    terminal.note(describeChoice(last.chosenLabel));
  if (terminal.modes.json) {
    terminal.json({ paths, peakRssBytes, takes });
    return;
  }
  const seconds = Object.values(last.timings).reduce((sum, value) => sum + value, 0);
  terminal.note(`made in ${seconds.toFixed(1)} s with seed ${last.seed}`);
  for (const path of paths) terminal.result(path);
}
