/** @file Every parameter that does not fit, where a model's own functions stop at the first. */
import { FoleyError } from '../errors/foley-error.js';
import { expand, scalar } from '../graph/index.js';
import { listNames, type Parameters, parametersOf } from './parameter-view.js';

/** The networks of a model by name; null is one that it does not have. */
type Parts = Readonly<Record<string, Parameters | null>>;

/**
 * Builds what reads the parameters; where one is missing or misshapen, the error tells all of them.
 *
 * @param build asks the parts for everything it needs, and is called again with made-up parts to learn what that is.
 * @throws FoleyError 'weights-invalid'
 */
export function tellEveryFault<P extends Parts>(parts: P, build: (parts: P) => void): void {
  try {
    build(parts);
  } catch (error) {
    if (!(error instanceof FoleyError) || error.code !== 'weights-invalid') throw error;
    const names = faultyNames(parts, build);
    if (names.length < 2) throw error;
    throw new FoleyError(
      'weights-invalid',
      `${error.message}; ${names.length} parameters do not fit: ${listNames(names)}`,
      { ...(error.hint === null ? {} : { hint: error.hint }), cause: error },
    );
  }
}

function faultyNames<P extends Parts>(parts: P, build: (parts: P) => void): string[] {
  // stands for any weights without holding any; a program would not close over trainable ones
  const all = parametersOf({
    has: () => true,
    resolve: (_, shape) => expand(scalar(0), shape),
    unused: () => [],
  });
  const made = Object.entries(parts).map(([name, part]) => [name, part === null ? null : all.at(name)]);
  build(Object.fromEntries(made) as P);
  return all.used().flatMap(({ key, shape }) => {
    const dot = key.indexOf('.');
    const part = parts[key.slice(0, dot)];
    const name = key.slice(dot + 1);
    return part == null || fits(part, name, shape) ? [] : [name];
  });
}

function fits(part: Parameters, name: string, shape: readonly number[]): boolean {
  try {
    part.get(name, shape);
    return true;
  } catch (error) {
    if (error instanceof FoleyError) return false;
    throw error;
  }
}
