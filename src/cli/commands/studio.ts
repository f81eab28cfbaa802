/** @file `smooth-foley studio`: a page to work in, on this machine. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { studioFolder } from '../../studio/studio-folder.node.js';
import type { CommandHost } from '../command-host.js';
import { withInterrupt } from '../interrupt.js';
import { numberOption } from '../number-option.js';

/** What browsers of each system are opened with. */
const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
};

export function addStudioCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('studio')
    .description('a page to work in: see, time, make, compare and download; it runs on this machine alone')
    .option('--port <n>', 'where it listens; 0: any that is free (default 8300)')
    .option('--data-dir <folder>', `where clips and takes are kept (default ${studioFolder()})`)
    .option('--open', 'open it in the browser');
  host.run(command, async (terminal) => {
    const given = command.opts<{ port?: string; dataDir?: string; open?: boolean }>();
    const port = numberOption('--port', given.port, { low: 0, high: 65535, isWhole: true });
    // only here, so that other commands start without the service
    const { startStudio } = await import('../../studio/start-studio.node.js');
    await withInterrupt(async (signal) => {
      const service = await startStudio({
        ...(port === null ? {} : { port }),
        ...(given.dataDir === undefined ? {} : { dataDir: resolve(given.dataDir) }),
      });
      try {
        if (terminal.modes.json) terminal.json({ url: service.url });
        else terminal.result(service.url);
        terminal.note('The studio is open at this address. Ctrl-C ends it; takes are kept.');
        if (given.open === true) openInBrowser(service.url, (message) => terminal.warn(message));
        await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }));
      } finally {
        await service.close();
      }
    });
  });
}

function openInBrowser(url: string, warn: (message: string) => void): void {
  const opener = openers[process.platform] ?? openers.linux!;
  const [program, ...words] = opener;
  const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () => warn(`the browser could not be opened; go to ${url} yourself`));
  child.unref();
}
