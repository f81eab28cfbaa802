/** @file Controls out of the request's schema: how a field is shown, what may be typed into it, and what that means. */
import type { ServiceSchema } from '../../service/contract.js';

/** A field of the request as the service tells it. */
export type FormField = ServiceSchema['request'][number];

/** Values that differ from their defaults, by field name. */
export type FieldValues = Readonly<Record<string, unknown>>;

export type ReadValue =
  | { readonly isValid: true; readonly value: unknown }
  | { readonly isValid: false; readonly problem: string };

/** The value in force. */
export function currentValue(field: FormField, values: FieldValues): unknown {
  return field.name in values ? values[field.name] : field.defaultValue;
}

/** As it stands in a text box; empty where nothing is set. */
export function textOf(field: FormField, values: FieldValues): string {
  const value = currentValue(field, values);
  return value === null || value === undefined ? '' : String(value);
}

/** What stands in an empty box: the word for "not set", or the default. */
export function placeholderOf(field: FormField): string {
  if (field.isNullable) return field.nullWord ?? '';
  return field.placeholder ?? '';
}

/** Reads what was typed. An empty box means "not set" where the field allows it, else the default. */
export function readText(field: FormField, text: string): ReadValue {
  const trimmed = text.trim();
  if (field.isNullable && (trimmed === '' || trimmed === field.nullWord)) return valid(null);
  if (field.kind === 'choice')
    return field.choices.includes(trimmed) ? valid(trimmed) : invalid(`one of ${field.choices.join(', ')}`);
  if (field.kind === 'text') {
    if (trimmed.length < (field.minimum ?? 0)) return invalid('must not be empty');
    if (field.maximum !== null && trimmed.length > field.maximum)
      return invalid(`at most ${field.maximum} characters`);
    return valid(trimmed);
  }
  if (trimmed === '')
    return field.defaultValue === undefined ? invalid(rangeOf(field)) : valid(field.defaultValue);
  const number = decimalPattern.test(trimmed) ? Number(trimmed) : Number.NaN;
  const isWhole = field.kind !== 'integer' || Number.isInteger(number);
  const isAboveLeast =
    field.minimum === null ||
    number > field.minimum ||
    (!field.isMinimumExcluded && number === field.minimum);
  const isBelowMost = field.maximum === null || number <= field.maximum;
  return Number.isFinite(number) && isWhole && isAboveLeast && isBelowMost
    ? valid(number)
    : invalid(rangeOf(field));
}

/** What a number may be, in words. */
export function rangeOf(field: FormField): string {
  const noun = field.kind === 'integer' ? 'a whole number' : 'a number';
  const unit = field.unit === undefined ? '' : ` ${field.unit}`;
  const low =
    field.minimum === null
      ? ''
      : field.isMinimumExcluded
        ? ` above ${field.minimum}`
        : ` from ${field.minimum}`;
  const high = field.maximum === null ? '' : ` to ${field.maximum}`;
  const orWord = field.nullWord === undefined ? '' : `, or empty for “${field.nullWord}”`;
  return `${noun}${low}${high}${unit}${orWord}`;
}

/** Sets a field. A value that is the default is left out, so that a request says only what somebody chose. */
export function withValue(values: FieldValues, field: FormField, value: unknown): FieldValues {
  const { [field.name]: _, ...rest } = values;
  return Object.is(value, field.defaultValue) ? rest : { ...rest, [field.name]: value };
}

/** How far an arrow key moves a number. */
export function stepOf(field: FormField): number {
  if (field.kind === 'integer' || field.maximum === null) return 1;
  const reach = field.maximum - (field.minimum ?? 0);
  return reach <= 1 ? 0.01 : reach <= 10 ? 0.05 : reach <= 60 ? 0.1 : 1;
}

/** Fields under their headings, in the order of the schema; headings without a field are left out. */
export function groupFields(
  fields: readonly FormField[],
  groups: Readonly<Record<string, string>>,
): { readonly heading: string; readonly fields: FormField[] }[] {
  return Object.entries(groups)
    .map(([group, heading]) => ({ heading, fields: fields.filter((field) => field.group === group) }))
    .filter((group) => group.fields.length > 0);
}

const valid = (value: unknown): ReadValue => ({ isValid: true, value });
const invalid = (problem: string): ReadValue => ({ isValid: false, problem });
const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
