/** @file What every component can reach: the session and the theme. */
import { getContext, setContext } from 'svelte';
import type { Studio } from './studio.svelte.js';
import type { Theme } from './theme.svelte.js';

const key = Symbol('studio');

interface Shared {
  readonly studio: Studio;
  readonly theme: Theme;
}

export function share(shared: Shared): void {
  setContext(key, shared);
}

export function useStudio(): Studio {
  return getContext<Shared>(key).studio;
}

export function useTheme(): Theme {
  return getContext<Shared>(key).theme;
}
