/** @file Flags out of the request schema: one option for each field, and the way back from text to values. */
import { type Command, Option } from 'commander';
import { fieldGroups, type RequestField } from '../foley/request-fields.js';

/** `minimumOn` -> `--minimum-on`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Adds an option for each field, under the headings of their groups. Nothing is checked here but the shape of the flag. */
export function addFieldOptions(command: Command, fields: readonly RequestField[]): void {
  for (const field of fields) {
    const short = field.short === undefined ? '' : `-${field.short}, `;
    const value = field.kind === 'switch' ? '' : ` <${placeholderOf(field)}>`;
    command.addOption(
      new Option(`${short}${flagOf(field.name)}${value}`, helpOf(field)).helpGroup(
        `${fieldGroups[field.group]}:`,
      ),
    );
  }
}

/**
 * The request values of the flags that were given. Text that does not fit stays text, so that the one check of the
 * request names it.
 * @param given what commander parsed, by camel-case name
 */
export function valuesOf(
  fields: readonly RequestField[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const text = given[field.name];
    if (text !== undefined) values[field.name] = fromText(field, text);
  }
  return values;
}

function fromText(field: RequestField, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (field.nullWord !== undefined && text === field.nullWord) return null;
  const isNumber = field.kind === 'integer' || field.kind === 'number';
  return isNumber && numberPattern.test(text) ? Number(text) : text;
}

/** Decimal numbers only: no "0x10", no "Infinity", no empty text, all of which `Number` would take. */
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function placeholderOf(field: RequestField): string {
  if (field.unit !== undefined) return field.unit.toLowerCase();
  if (field.placeholder !== undefined) return field.placeholder;
  return { integer: 'n', number: 'x', choice: 'kind', text: 'text', switch: '', list: 'item' }[field.kind];
}

function helpOf(field: RequestField): string {
  const parts: string[] = [field.help];
  if (field.kind === 'choice') {
    const orNull = field.nullWord === undefined ? '' : ` or "${field.nullWord}"`;
    parts.push(`one of ${field.choices.join(', ')}${orNull}`);
  }
  if ((field.kind === 'number' || field.kind === 'integer') && field.maximum !== null) {
    parts.push(
      `${field.minimum}..${field.maximum}${field.nullWord === undefined ? '' : ` or "${field.nullWord}"`}`,
    );
  }
  const fallback = field.defaultValue === null ? field.nullWord : field.defaultValue;
  if (field.kind !== 'switch' && fallback !== undefined && fallback !== '')
    parts.push(`default ${String(fallback)}`);
  return parts.join('; ');
}
