/** @file The versions and the machine behind a result, as its record names them. */
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';

export interface Versions {
  readonly smoothFoley: string;
  readonly onnxruntime: string;
  readonly node: string;
}

export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
}

/** Versions that decide the bytes of a result. */
export function readVersions(): Versions {
  const require = createRequire(import.meta.url);
  const versionIn = (path: string): string => (require(path) as { version: string }).version;
  return {
    smoothFoley: versionIn('../../package.json'),
    onnxruntime: versionIn('onnxruntime-node/package.json'),
    node: process.versions.node,
  };
}

/** The machine, in words. */
export function readPlatform(): Platform {
  return {
    os: `${platform()} ${release()}`,
    arch: arch(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
}
