/** @file The package compiled into a folder of its own, so that processes of a test start in a fraction of a second. */
import { copyFile, mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** @returns the folder that stands for `src`; its packages are those of the repository. The caller removes `root`. */
export async function compileSource(): Promise<{ readonly root: string; readonly folder: string }> {
  const cache = join(repository, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const root = await mkdtemp(join(cache, 'smooth-foley-'));
  await copyFile(join(repository, 'package.json'), join(root, 'package.json'));
  const folder = join(root, 'dist');
  const source = join(repository, 'src');
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.startsWith(join('studio', 'page')),
  );
  // types are checked elsewhere; here they only go
  await build({
    entryPoints: files.map((file) => join(source, file)),
    outdir: folder,
    outbase: source,
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return { root, folder };
}
