/** @file `smooth-foley models convert`: pickled weights into safetensors, once. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import {
  type ConvertedFile,
  type ConvertHooks,
  convertFile,
  convertFiles,
  filesToConvert,
} from '../../foley/model/convert-model.node.js';
import { convertedNameOf, formatBytes } from '../../hub/index.js';
import type { CommandHost } from '../command-host.js';
import { assertNotThere } from '../existing-file.js';
import { withInterrupt } from '../interrupt.js';
import type { Terminal } from '../terminal.js';

export function addModelsConvertCommand(models: Command, host: CommandHost): void {
  const command = models
    .command('convert')
    .description(
      'make safetensors of pickled weights (.bin, .ckpt, .pt, .pth), which generation does not read',
    )
    .argument(
      '<file...>',
      'files, or a folder, preset or owner/name of the hub whose files are all converted',
    )
    .option('--out <file>', 'where the new file goes; beside the old one when left out')
    .option('-y, --overwrite', 'replace a file that is there');
  host.run(command, async (terminal, { args }) => {
    const { out, overwrite = false } = command.opts<{ out?: string; overwrite?: boolean }>();
    const files = [...new Set((await Promise.all(args.map(filesToConvert))).flat())];
    if (out !== undefined && files.length !== 1) {
      throw new FoleyError('usage', `--out names one file, and ${files.length} are to be converted`);
    }
    const targets = out === undefined ? files.map(convertedNameOf) : [resolve(out)];
    if (!overwrite) for (const target of targets) await assertNotThere(target);
    const converted = await withInterrupt(async (signal) => {
      const hooks: ConvertHooks = { signal, onProgress: convertProgress(terminal) };
      try {
        return out === undefined
          ? await convertFiles(files, hooks)
          : [await convertFile(files[0]!, targets[0]!, hooks)];
      } finally {
        if (terminal.liveColumns !== null && !terminal.modes.quiet && !terminal.modes.json)
          terminal.live('\r\u001b[2K');
      }
    });
    if (terminal.modes.json) terminal.json(convertedAsJson(converted));
    else reportConverted(terminal, converted);
  });
}

/** On a terminal one line that is drawn over, elsewhere a line for each file and stage. */
export function convertProgress(terminal: Terminal): NonNullable<ConvertHooks['onProgress']> {
  let shown = '';
  return (file, index, count, { stage, doneBytes, totalBytes }) => {
    if (terminal.modes.quiet || terminal.modes.json) return;
    const which = count > 1 ? ` (${index + 1} of ${count})` : '';
    const what = `${stage === 'read' ? 'checking' : 'writing'} ${file}${which}`;
    const columns = terminal.liveColumns;
    const share = `${Math.floor((100 * doneBytes) / Math.max(1, totalBytes))} %`;
    const line = columns === null ? what : `${share.padStart(5)} ${what}`.slice(0, columns - 1);
    if (line === shown) return;
    shown = line;
    if (columns === null) terminal.note(line);
    else terminal.live(`\r\u001b[2K${line}`);
  };
}

/** What became of each file, for the one JSON document. */
export function convertedAsJson(converted: readonly ConvertedFile[]) {
  return converted.map(({ written, ...file }) => ({ ...file, tensors: written.length }));
}

export function reportConverted(terminal: Terminal, converted: readonly ConvertedFile[]): void {
  if (converted.length === 0) terminal.note('nothing to convert: every pickled file was converted before');
  for (const { from, to, written, writtenBytes, dropped, sourceSha256 } of converted) {
    terminal.note(
      `${from}: ${written.length} tensors, ${formatBytes(writtenBytes)}, source SHA-256 ${sourceSha256}`,
    );
    for (const { name, tensors, bytes } of dropped)
      terminal.note(`  left out: ${name}, ${tensors} tensors, ${formatBytes(bytes)}`);
    terminal.result(to);
  }
}
