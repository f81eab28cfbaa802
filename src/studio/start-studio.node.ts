/** @file The studio: the service on this machine alone, and the page before it. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FoleyError } from '../errors/foley-error.js';
import { type RunningService, type ServiceOptions, startService } from '../service/start-service.node.js';
import { studioFolder } from './studio-folder.node.js';

export type StudioOptions = Pick<ServiceOptions, 'port' | 'models' | 'workers' | 'log'> & {
  /** Where clips, takes and the queue are kept; `studioFolder` when left out. */
  readonly dataDir?: string;
};

/** The same from `src` and from `dist`: both lie two folders below the package. */
const inPackage = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * Starts it on loopback; nobody else can reach it.
 * @throws FoleyError `platform-missing` when the page was not built; whatever the service throws
 */
export async function startStudio({ dataDir, ...options }: StudioOptions = {}): Promise<RunningService> {
  const pageFolder = inPackage('dist/studio/page');
  const isBuilt = await access(join(pageFolder, 'index.html')).then(
    () => true,
    () => false,
  );
  if (!isBuilt) {
    throw new FoleyError('platform-missing', `the page of the studio is not in ${pageFolder}`, {
      hint: 'In a copy of the source, build it with: npm run build',
    });
  }
  return startService({
    ...options,
    host: '127.0.0.1',
    dataDir: dataDir ?? studioFolder(),
    pageFolder,
    examplesFolder: inPackage('examples'),
  });
}
