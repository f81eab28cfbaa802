/** @file Patterns for file names, matched in time linear in the name for each star, whatever the pattern. */
import { FoleyError } from '../errors/foley-error.js';

/** One place of a pattern: `*`, or a test for one character. */
type Place = 'any-number' | ((character: string) => boolean);

/**
 * Reads a pattern with `*` (anything, slashes too), `?` (one character) and `[abc]`, `[a-z]`, `[!abc]`. A pattern that
 * ends in `/` means all below that folder. @throws usage
 */
export function filePattern(pattern: string): (file: string) => boolean {
  const places = placesOf([...(pattern.endsWith('/') ? `${pattern}*` : pattern)], pattern);
  return (file) => matches(places, [...file]);
}

function placesOf(text: readonly string[], pattern: string): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '*') {
      if (places.at(-1) !== 'any-number') places.push('any-number');
    } else if (character === '?') {
      places.push(() => true);
    } else if (character === '[') {
      const end = text.indexOf(']', at + 2); // the first place inside may be a bracket itself
      if (end < 0) {
        throw new FoleyError('usage', `"${pattern}" has a [ without its ]`, {
          hint: 'Patterns know *, ? and [abc].',
        });
      }
      places.push(classOf(text.slice(at + 1, end)));
      at = end;
    } else {
      places.push((other) => other === character);
    }
  }
  return places;
}

function classOf(inside: readonly string[]): (character: string) => boolean {
  const isNegated = inside[0] === '!';
  const members = isNegated ? inside.slice(1) : inside;
  return (character) => {
    let isMember = false;
    for (let i = 0; i < members.length; i++) {
      const isRange = members[i + 1] === '-' && i + 2 < members.length;
      if (isRange && members[i]! <= character && character <= members[i + 2]!) isMember = true;
      if (members[i] === character) isMember = true;
      if (isRange) i += 2;
    }
    return isMember !== isNegated;
  };
}

/** On a mismatch only the last star is stretched: those before it need not be tried again. */
function matches(places: readonly Place[], file: readonly string[]): boolean {
  let place = 0;
  let at = 0;
  let starPlace = -1;
  let starAt = 0;
  while (at < file.length) {
    const wanted = places[place];
    if (wanted === 'any-number') {
      starPlace = place++;
      starAt = at;
    } else if (wanted?.(file[at]!)) {
      place++;
      at++;
    } else if (starPlace >= 0) {
      place = starPlace + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (places[place] === 'any-number') place++;
  return place === places.length;
}
