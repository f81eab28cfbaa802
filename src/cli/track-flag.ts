/** @file `--track`: one of several labels on the command line, with its options behind semicolons. */
import { FoleyError } from '../errors/foley-error.js';
import { requestFields } from '../foley/request-fields.js';
import { trackSchema } from '../foley/track-request.js';
import { valuesOf } from './schema-flags.js';

const fields = requestFields(trackSchema);
const optionFields = fields.filter((field) => field.name !== 'label');

/** For help. */
export const trackFlagHelp = `one of several labels, each a track of its own; options follow behind semicolons: ${optionFields
  .map(({ name, kind }) => (kind === 'switch' ? name : `${name}=…`))
  .join(', ')}`;

/**
 * `"rain; gain=-6; pan=0.5; mute"` to the fields of a track. Values are checked with the request.
 * @throws usage for an option that tracks do not have
 */
export function parseTrackFlag(text: string): Record<string, unknown> {
  const [label, ...options] = text.split(';').map((part) => part.trim());
  const given: Record<string, unknown> = { label };
  for (const option of options) {
    if (option === '') continue;
    const [, name, value] = /^(\w+)\s*(?:=\s*(.*))?$/s.exec(option) ?? [];
    const field = optionFields.find((candidate) => candidate.name === name);
    if (field === undefined) throw refused(text, `there is no option "${option}"`);
    if ((field.kind === 'switch') !== (value === undefined))
      throw refused(text, `${field.name} ${value === undefined ? 'needs a value' : 'takes no value'}`);
    given[field.name] = value ?? true;
  }
  return valuesOf(fields, given);
}

function refused(text: string, why: string): FoleyError {
  return new FoleyError('usage', `--track ${JSON.stringify(text)}: ${why}`, {
    hint: 'As in --track "rain; gain=-6; pan=0.5"; a text with semicolons fits in a request file (--from).',
  });
}
