/** @file What a request field looks like from outside: its kind, range, default and words, read off the schema. */
import { z } from 'zod';

/** What a field says about itself beside its type. */
export interface FieldMeta {
  /** Name for people, lower case. */
  readonly label: string;
  /** What it does, one clause. */
  readonly help: string;
  /** Under which heading help and forms list it. */
  readonly group: FieldGroup;
  readonly unit?: string;
  /** The word that stands for "not set" where that has a meaning of its own. */
  readonly nullWord?: string;
  /** What a text is: names the value in help. */
  readonly placeholder?: string;
  /** One-letter flag. */
  readonly short?: string;
}

export const fieldGroups = {
  what: 'What is heard',
  how: 'How it is made',
  speed: 'Speed against exactness',
  timing: 'When it sounds',
  motion: 'Following the motion in the picture',
  range: 'Which part',
  sound: 'Sound',
  output: 'Results',
  model: 'Model',
  machine: 'Machine',
} as const;
export type FieldGroup = keyof typeof fieldGroups;

/** One field, ready to become a flag or an input of a form. */
export interface RequestField extends FieldMeta {
  readonly name: string;
  /** A list holds objects, which a form or a flag of its own edits. */
  readonly kind: 'text' | 'number' | 'integer' | 'choice' | 'switch' | 'list';
  /** Of a choice. */
  readonly choices: readonly string[];
  /** Of a number its least value, of a text its least length, of a list its least count. */
  readonly minimum: number | null;
  readonly isMinimumExcluded: boolean;
  readonly maximum: number | null;
  readonly isNullable: boolean;
  readonly isRequired: boolean;
  /** As in a request; undefined where the field is required. */
  readonly defaultValue: unknown;
}

interface JsonProperty extends FieldMeta {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly anyOf?: readonly JsonProperty[];
}

/** The fields of an object schema whose members carry `FieldMeta`, in order. */
export function requestFields(schema: z.ZodObject): RequestField[] {
  const json = z.toJSONSchema(schema, { io: 'input' });
  const required = new Set(json.required);
  return Object.entries(json.properties as unknown as Record<string, JsonProperty>).map(
    ([name, property]) => {
      const type = property.anyOf?.find((option) => option.type !== 'null') ?? property;
      const meta: FieldMeta = {
        label: property.label,
        help: property.help,
        group: property.group,
        ...(property.unit === undefined ? {} : { unit: property.unit }),
        ...(property.nullWord === undefined ? {} : { nullWord: property.nullWord }),
        ...(property.placeholder === undefined ? {} : { placeholder: property.placeholder }),
        ...(property.short === undefined ? {} : { short: property.short }),
      };
      return {
        ...meta,
        name,
        kind: kindOf(type),
        choices: type.enum ?? [],
        minimum: type.minimum ?? type.exclusiveMinimum ?? type.minLength ?? type.minItems ?? null,
        isMinimumExcluded: type.exclusiveMinimum !== undefined,
        maximum: type.maximum ?? type.maxLength ?? type.maxItems ?? null,
        isNullable: property.anyOf !== undefined,
        isRequired: required.has(name),
        defaultValue: property.default,
      };
    },
  );
}

function kindOf(type: JsonProperty): RequestField['kind'] {
  if (type.enum) return 'choice';
  if (type.type === 'boolean') return 'switch';
  if (type.type === 'array') return 'list';
  if (type.type === 'integer' || type.type === 'number') return type.type;
  return 'text';
}

/** What a field may be, for the end of "must be …". */
export function describeExpectation(schema: z.ZodObject, name: string): string {
  const field = requestFields(schema).find((candidate) => candidate.name === name);
  if (!field) return 'a known field';
  const orNull = field.nullWord === undefined ? '' : `, or "${field.nullWord}"`;
  switch (field.kind) {
    case 'choice':
      return `one of ${field.choices.join(', ')}${orNull}`;
    case 'switch':
      return 'true or false';
    case 'list':
      return `a list of ${field.minimum} to ${field.maximum} ${field.label}`;
    case 'text':
      return field.maximum === null
        ? 'text that is not empty'
        : `text of at most ${field.maximum} characters${field.minimum === null ? '' : ', and not empty'}`;
    case 'integer':
    case 'number': {
      const noun = field.kind === 'integer' ? 'a whole number' : 'a number';
      const unit = field.unit === undefined ? '' : ` ${field.unit}`;
      const low = field.isMinimumExcluded ? `above ${field.minimum} up to` : `from ${field.minimum} to`;
      return `${noun} ${low} ${field.maximum}${unit}${orNull}`;
    }
  }
}
