/** @file `smooth-foley doctor`: whether this machine can do the work, and what to do where it cannot. */
import type { Command } from 'commander';
import { FoleyError } from '../../errors/foley-error.js';
import { readPlatform, readVersions } from '../../foley/versions.node.js';
import type { CommandHost } from '../command-host.js';

export function addDoctorCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('doctor')
    .description('check Node, memory, the engine, the codecs and the models');
  host.run(command, async (terminal) => {
    const { examineMachine } = await import('../machine-checks.node.js');
    const findings = await examineMachine();
    if (terminal.modes.json) terminal.json({ platform: readPlatform(), versions: readVersions(), findings });
    else {
      for (const { name, ok, detail, hint } of findings) {
        const mark = ok ? terminal.colors.green('ok  ') : terminal.colors.red('fail');
        terminal.result(`${mark} ${name.padEnd(16)} ${detail}`);
        if (hint !== null) terminal.result(`     ${''.padEnd(16)} ${hint}`);
      }
    }
    const failed = findings.filter(({ ok }) => !ok);
    if (failed.length > 0) {
      throw new FoleyError(
        'platform-missing',
        `${failed.length} of ${findings.length} checks failed: ${failed.map(({ name }) => name).join(', ')}`,
      );
    }
  });
}
