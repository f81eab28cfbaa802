/** @file Where the studio keeps clips and takes between visits. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function studioFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'smooth-foley', 'studio');
}
