/** @file A JSON reader for headers of untrusted files: duplicate keys, `__proto__` and deep nesting are errors. */

/** A JSON value; objects are maps, so that no key can reach a prototype. */
export type StrictJson =
  | null
  | boolean
  | number
  | string
  | readonly StrictJson[]
  | ReadonlyMap<string, StrictJson>;

/** Thrown with the character position; callers wrap it with the name of the file. */
export class StrictJsonError extends Error {}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainString = /"[ !#-[\]-\uffff]*"/y;
const escapedString = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const whitespace = /[ \t\n\r]*/y;

/**
 * Parses `text` as exactly one JSON value (RFC 8259).
 *
 * @param deepest how many arrays and objects may be nested; headers of weights files need three.
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string, deepest = 8): StrictJson {
  let at = 0;

  const fail = (what: string): never => {
    throw new StrictJsonError(`${what} at character ${at}`);
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const skip = (character: string): boolean => {
    match(whitespace);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const expect = (character: string): void => {
    if (!skip(character)) fail(`expected ${character}`);
  };

  const parseString = (): string => {
    const plain = match(plainString);
    if (plain !== null) return plain.slice(1, -1);
    const escaped = match(escapedString);
    return escaped === null ? fail('expected a string') : (JSON.parse(escaped) as string);
  };
  const parseObject = (depth: number): ReadonlyMap<string, StrictJson> => {
    const members = new Map<string, StrictJson>();
    if (skip('}')) return members;
    do {
      match(whitespace);
      const key = parseString();
      if (key === '__proto__') fail('the key __proto__ is not allowed');
      if (members.has(key)) fail(`the key ${JSON.stringify(key)} occurs twice`);
      expect(':');
      members.set(key, parseValue(depth));
    } while (skip(','));
    expect('}');
    return members;
  };
  const parseArray = (depth: number): readonly StrictJson[] => {
    const items: StrictJson[] = [];
    if (skip(']')) return items;
    do items.push(parseValue(depth));
    while (skip(','));
    expect(']');
    return items;
  };
  const parseValue = (depth: number): StrictJson => {
    if (depth > deepest) fail('nested too deeply');
    if (skip('{')) return parseObject(depth + 1);
    if (skip('[')) return parseArray(depth + 1);
    if (text[at] === '"') return parseString();
    for (const [word, value] of [
      ['null', null],
      ['true', true],
      ['false', false],
    ] as const) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return value;
      }
    }
    const digits = match(number);
    return digits === null ? fail('expected a value') : Number(digits);
  };

  const value = parseValue(1);
  match(whitespace);
  if (at !== text.length) fail('unexpected text after the value');
  return value;
}
