/** @file `smooth-foley generate`: a clip and a label in, a clip with sound out. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { FoleyError, messageOf } from '../../errors/foley-error.js';
import type { FoleyResult } from '../../foley/job-runner.node.js';
import { foleyRequestSchema, parseRequest } from '../../foley/request.js';
import { requestFields } from '../../foley/request-fields.js';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import { createProgressView } from '../progress-view.js';
import { addFieldOptions, flagOf, valuesOf } from '../schema-flags.js';
import type { Terminal } from '../terminal.js';

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
      'start from the request in a <clip>.foley.json; other flags change it',
    ).helpGroup('What is heard:'),
  );
  command.addHelpText('after', '\nExample:\n  smooth-foley generate dog.mp4 --label "dog barking" --takes 3');
  host.run(command, async (terminal, { args, opts }) => {
    const given = opts.call(command) as Record<string, unknown>;
    const base = typeof given.from === 'string' ? await readRequestOf(given.from) : {};
    const request = parseRequest(
      { ...base, ...(args[0] === undefined ? {} : { video: args[0] }), ...valuesOf(generateFields, given) },
      (name) => (name === 'video' ? 'the video' : flagOf(name)),
    );
    const view = createProgressView(terminal, request.takes);
    const result = await withInterrupt((signal) =>
      host.services.runFoleyJob(request, { signal, onProgress: (progress) => view.update(progress) }),
    ).finally(() => view.end());
    report(terminal, result);
  });
}

function report(terminal: Terminal, { takes, paths, peakRssBytes }: FoleyResult): void {
  const last = takes.at(-1)!;
  for (const warning of new Set(takes.flatMap((take) => take.warnings))) terminal.warn(warning);
  for (const [stage, seconds] of Object.entries(last.timings)) {
    if (seconds > 0) terminal.detail(`${stage.padEnd(8)} ${seconds.toFixed(2)} s`);
  }
  terminal.detail(`memory   ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB at most`);
  if (terminal.modes.json) {
    terminal.json({ paths, peakRssBytes, takes });
    return;
  }
  const seconds = Object.values(last.timings).reduce((sum, value) => sum + value, 0);
  terminal.note(`made in ${seconds.toFixed(1)} s with seed ${last.seed}`);
  for (const path of paths) terminal.result(path);
}

const sidecar = z.looseObject({
  format: z.literal('smooth-foley.result/1'),
  request: z.record(z.string(), z.unknown()),
});

/** The request of a result. Where it was written and whether it may be replaced is for the new call to say. */
async function readRequestOf(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FoleyError('input-missing', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FoleyError('input-rejected', `${path} is not JSON`, { cause });
  }
  const parsed = sidecar.safeParse(json);
  if (!parsed.success)
    throw new FoleyError('input-rejected', `${path} is no result of smooth-foley generate`);
  const { overwrite: _, ...request } = parsed.data.request;
  return request;
}
