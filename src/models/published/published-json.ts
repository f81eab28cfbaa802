/** @file A published `config.json`, read key by key: what it says is taken, what we do not compute is refused by name, and nothing is overlooked. */
import { FoleyError } from '../../errors/foley-error.js';

/** Keys with which diffusers and transformers say who wrote a file; they describe no network. */
const signatures = [
  '_class_name',
  '_commit_hash',
  '_diffusers_version',
  '_name_or_path',
  '_use_default_values',
  'architectures',
  'model_type',
  'transformers_version',
];

/**
 * One JSON object of a published file. Each reading marks its key; `end` refuses keys that nobody read, unless their
 * value says nothing (null, false, or empty), so that a network with an unknown feature is not run without it.
 * All methods throw FoleyError 'weights-invalid' that names file and key.
 */
export class PublishedJson {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>(signatures);
  readonly #prefix: string;

  /**
   * @param file the name in messages.
   * @param prefix path to this object inside the file, ending in a dot.
   */
  constructor(
    json: unknown,
    readonly file: string,
    prefix = '',
  ) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new FoleyError(
        'weights-invalid',
        `${file}: ${prefix === '' ? 'the file' : prefix} is no JSON object`,
      );
    }
    this.#object = json as Readonly<Record<string, unknown>>;
    this.#prefix = prefix;
  }

  /** Whether the key has a value other than null. */
  has(key: string): boolean {
    return (this.#object[key] ?? null) !== null;
  }

  /** The value of a signature such as `_class_name`; null when it is absent. */
  signature(key: '_class_name' | 'model_type'): string | null {
    const value = this.#object[key];
    return typeof value === 'string' ? value : null;
  }

  number(key: string, fallback?: number): number {
    const value = this.#take(key) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#refuse(key, 'a number');
  }

  count(key: string, fallback?: number): number {
    const value = this.#take(key) ?? fallback;
    return isCount(value) ? value : this.#refuse(key, 'a whole number above 0');
  }

  counts(key: string, fallback?: readonly number[]): readonly number[] {
    const value = this.#take(key) ?? fallback;
    return isList(value, isCount) ? value : this.#refuse(key, 'a list of whole numbers above 0');
  }

  numbers(key: string): readonly number[] {
    const value = this.#take(key);
    const isNumbers = isList(value, (item): item is number => typeof item === 'number');
    return isNumbers ? value : this.#refuse(key, 'a list of numbers');
  }

  /** One number for all of `length` entries, or a list of that length. */
  countOrCounts(key: string, length: number, fallback?: number): readonly number[] {
    const value = this.#take(key) ?? fallback;
    if (isCount(value)) return Array.from({ length }, () => value);
    const fits = isList(value, isCount) && value.length === length;
    return fits ? value : this.#refuse(key, `a whole number above 0, or ${length} of them`);
  }

  /** Lists of whole numbers. */
  countTable(key: string): readonly (readonly number[])[] {
    const value = this.#take(key);
    const isTable = isList(value, (row): row is readonly number[] => isList(row, isCount));
    return isTable ? value : this.#refuse(key, 'a list of lists of whole numbers above 0');
  }

  texts(key: string, fallback?: readonly string[]): readonly string[] {
    const value = this.#take(key) ?? fallback;
    const isTexts = isList(value, (item): item is string => typeof item === 'string');
    return isTexts ? value : this.#refuse(key, 'a list of names');
  }

  /** A word and what we call it. */
  word<T>(key: string, meanings: Readonly<Record<string, T>>, fallback?: string): T {
    const value = this.#take(key) ?? fallback;
    if (typeof value === 'string' && Object.hasOwn(meanings, value)) return meanings[value] as T;
    return this.#refuse(key, Object.keys(meanings).map(shown).join(' or '));
  }

  /** A key that may be absent or null, or have one of these values, because nothing else is computed. */
  only(key: string, ...values: readonly unknown[]): void {
    const value = this.#take(key) ?? null;
    if (value === null || values.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))) return;
    this.#refuse(key, values.length === 0 ? 'null' : values.map(shown).join(' or '));
  }

  /** The same for a key whose absence means something else in the code that wrote the file. */
  exactly(key: string, value: unknown): void {
    if (JSON.stringify(this.#take(key)) !== JSON.stringify(value)) this.#refuse(key, shown(value));
  }

  /** Keys that change nothing of what is computed here. */
  passOver(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** An object inside this one. */
  inside(key: string): PublishedJson {
    return new PublishedJson(this.#take(key) ?? null, this.file, `${this.#prefix}${key}.`);
  }

  /** To be called when everything that is understood was read. */
  end(): void {
    for (const [key, value] of Object.entries(this.#object)) {
      if (this.#read.has(key) || saysNothing(value)) continue;
      throw new FoleyError(
        'weights-invalid',
        `${this.file}: ${this.#prefix}${key} is ${shown(value)}, and this key is not known`,
        { hint: 'It may describe a network of another kind; only those in docs/models.md can be run.' },
      );
    }
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return this.#object[key] ?? undefined;
  }

  #refuse(key: string, expected: string): never {
    const value = this.#object[key];
    const name = `${this.#prefix}${key}`;
    const found = value === undefined ? `${name} is missing` : `${name} is ${shown(value)}`;
    throw new FoleyError('weights-invalid', `${this.file}: ${found}, and only ${expected} is supported`, {
      hint: 'The folder holds a network of another kind; docs/models.md lists those that can be run.',
    });
  }
}

/** Refuses a file that says of itself to be of another class. A file that says nothing is taken at its keys. */
export function expectClass(json: PublishedJson, ...classes: readonly string[]): void {
  const found = json.signature('_class_name');
  if (found === null || classes.includes(found)) return;
  throw new FoleyError(
    'weights-invalid',
    `${json.file}: _class_name is ${shown(found)}, and only ${classes.map(shown).join(' or ')} is supported`,
    { hint: 'The folder holds a network of another kind; docs/models.md lists those that can be run.' },
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length > 0 && value.every(isItem);
}

function saysNothing(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A value as JSON, shortened: it comes out of a file. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
