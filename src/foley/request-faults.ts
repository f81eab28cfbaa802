/** @file Says what is wrong with a request: the first fault that zod found, in words that name the field. */
import { z } from 'zod';
import { describeExpectation } from './request-fields.js';

type Issue = z.core.$ZodIssue;

/**
 * The first fault, for the end of an error.
 * @param schema the object that was checked
 * @param nameOf how the message calls a field of it
 */
export function describeFault(
  schema: z.ZodObject,
  error: z.ZodError,
  input: unknown,
  nameOf: (field: string) => string,
): string {
  const issue = innermost(error.issues[0]! as Issue, input);
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys')
    return `unknown request field ${JSON.stringify(pathText([...path, issue.keys[0]!]))}`;
  const field = String(path[0] ?? 'request');
  const name = path.length <= 1 ? nameOf(field) : pathText(path);
  const given = valueAt(input, path);
  if (given === undefined && path.length > 0) return `${name} is missing`;
  if (issue.code === 'custom') return `${name} ${issue.message}`;
  const got = `got ${shortened(JSON.stringify(given) ?? String(given))}`;
  const expected = expectation(schema, path);
  return expected === null ? `${name}: ${issue.message}; ${got}` : `${name} must be ${expected}, ${got}`;
}

/** Of a choice between a text and an object, the fault of the kind that was given. */
function innermost(issue: Issue, input: unknown): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const given = valueAt(input, issue.path);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return issue;
  const inner = issue.errors
    .flat()
    .find((candidate) => candidate.path.length > 0 || candidate.code !== 'invalid_type');
  return inner === undefined ? issue : innermost({ ...inner, path: [...issue.path, ...inner.path] }, input);
}

/** What is expected of the field at a path: of an object inside a list, what that object's schema says; null for what is deeper. */
function expectation(schema: z.ZodObject, path: readonly (string | number)[]): string | null {
  const [name, ...rest] = path;
  if (name === undefined) return 'an object with fields';
  if (rest.length === 0) return describeExpectation(schema, String(name));
  const inner = elementOf(schema.shape[name]);
  if (inner === null) return null;
  const [, ...below] = rest; // the place in the list
  return below.length === 0 ? 'an object' : expectation(inner, below);
}

/** The object that a list holds; null where the schema is no list of objects. */
function elementOf(schema: unknown): z.ZodObject | null {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) return elementOf(schema.unwrap());
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodObject ? schema.element : null;
  return null;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      value === null || typeof value !== 'object' ? undefined : (value as Record<PropertyKey, unknown>)[part],
    input,
  );
}

function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
