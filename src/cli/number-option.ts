/** @file Numbers of options that no request schema describes, checked by name and range. */
import { FoleyError } from '../errors/foley-error.js';

export interface NumberRange {
  readonly low: number;
  readonly high: number;
  readonly isWhole: boolean;
}

/**
 * The number of an option.
 * @param text as given; null stays null
 * @throws usage naming the option and its range
 */
export function numberOption(
  name: string,
  text: unknown,
  { low, high, isWhole }: NumberRange,
): number | null {
  if (text === undefined || text === null) return null;
  const value =
    typeof text === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high && (!isWhole || Number.isInteger(value))) return value;
  const noun = isWhole ? 'a whole number' : 'a number';
  throw new FoleyError(
    'usage',
    `${name} must be ${noun} from ${low} to ${high}, got ${JSON.stringify(text)}`,
  );
}
