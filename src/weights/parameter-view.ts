/** @file How a model function sees its parameters: by published name and shape, under a prefix, from any source. */
import { FoleyError } from '../errors/foley-error.js';
import { sameShape, type Value } from '../graph/value.js';

/** One parameter that a model asked for. */
export interface ParameterShape {
  /** Full published key. */
  readonly key: string;
  readonly shape: readonly number[];
}

export interface UsedParameter extends ParameterShape {
  readonly value: Value;
}

/**
 * A view of parameters under a prefix. Model functions take one and ask for what they need:
 * `p.at('down_blocks.0.resnets.1').get('conv1.weight', [320, 320, 3, 3])`.
 */
export interface Parameters {
  /** The same parameters seen from further down; prefixes are joined with dots. */
  at(prefix: string): Parameters;
  /**
   * The parameter as a float32 value. The same key always gives the same value.
   *
   * @throws FoleyError 'weights-invalid' if it is missing or has another shape.
   */
  get(name: string, shape: readonly number[]): Value;
  /** Whether the parameter exists. Parameters that are made up as they are asked for all exist. */
  has(name: string): boolean;
  /** What was asked for so far under this prefix, in order. */
  used(): readonly UsedParameter[];
  /** Full keys under this prefix that exist and were never asked for. */
  unused(): readonly string[];
  /**
   * Checks that nothing under this prefix was left over, which would mean that the file is of another model.
   *
   * @param isKnownExtra full keys that may stay unused (say, an optional branch that is switched off).
   * @throws FoleyError 'weights-invalid' that lists the names.
   */
  assertAllUsed(isKnownExtra?: (key: string) => boolean): void;
}

/** Where parameters come from; `parametersOf` makes the view. */
export interface ParameterSource {
  /** Where they come from, for messages. */
  readonly name?: string;
  has(key: string): boolean;
  /** Called once for each key. */
  resolve(key: string, shape: readonly number[]): Value;
  /** Keys that exist and were never resolved. */
  unused(): readonly string[];
}

/** The view of everything in a source. */
export function parametersOf(source: ParameterSource): Parameters {
  return new View(source, new Map(), '');
}

/**
 * Checks a set of stored shapes against what a model asks for, all at once.
 *
 * @throws FoleyError 'weights-invalid' that lists missing and misshapen names.
 */
export function assertShapesFit(
  expected: Iterable<ParameterShape>,
  shapeOf: (key: string) => readonly number[] | undefined,
  source: string,
): void {
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const { key, shape } of expected) {
    const found = shapeOf(key);
    if (found === undefined) missing.push(key);
    else if (!sameShape(found, shape)) misshapen.push(`${key} [${found}] instead of [${shape}]`);
  }
  if (missing.length + misshapen.length === 0) return;
  const faults = [
    missing.length > 0 ? `lacks ${listNames(missing)}` : '',
    misshapen.length > 0 ? `has ${listNames(misshapen)}` : '',
  ];
  throw new FoleyError('weights-invalid', `${source} ${faults.filter(Boolean).join(' and ')}`, {
    hint: 'The file belongs to another model or to another size of it.',
  });
}

/** Up to eight names, and how many more. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

class View implements Parameters {
  readonly #source: ParameterSource;
  readonly #resolved: Map<string, UsedParameter>;
  readonly #prefix: string;

  constructor(source: ParameterSource, resolved: Map<string, UsedParameter>, prefix: string) {
    this.#source = source;
    this.#resolved = resolved;
    this.#prefix = prefix;
  }

  at(prefix: string): Parameters {
    return new View(this.#source, this.#resolved, `${this.#prefix}${prefix}.`);
  }

  get(name: string, shape: readonly number[]): Value {
    const key = this.#prefix + name;
    const known = this.#resolved.get(key);
    if (known === undefined) {
      const value = this.#source.resolve(key, shape);
      this.#resolved.set(key, { key, shape: [...shape], value });
      return value;
    }
    if (!sameShape(known.shape, shape)) {
      throw new FoleyError(
        'weights-invalid',
        `parameter ${key} is asked for as [${known.shape}] and as [${shape}]`,
      );
    }
    return known.value;
  }

  has(name: string): boolean {
    return this.#source.has(this.#prefix + name);
  }

  used(): readonly UsedParameter[] {
    return [...this.#resolved.values()].filter(({ key }) => key.startsWith(this.#prefix));
  }

  unused(): readonly string[] {
    return this.#source.unused().filter((key) => key.startsWith(this.#prefix));
  }

  assertAllUsed(isKnownExtra: (key: string) => boolean = () => false): void {
    const extra = this.unused().filter((key) => !isKnownExtra(key));
    if (extra.length === 0) return;
    const { name } = this.#source;
    const where = name === undefined ? '' : `${name}: `;
    throw new FoleyError(
      'weights-invalid',
      `${where}parameters that the model does not have: ${listNames(extra)}`,
      {
        hint: 'The file belongs to another model or to another size of it.',
      },
    );
  }
}
