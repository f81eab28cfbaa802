/** @file Light or dark: as the system says, until somebody chooses. */

export type ThemeChoice = 'system' | 'light' | 'dark';

const key = 'smooth-foley.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export class Theme {
  choice = $state<ThemeChoice>('system');
  #systemIsDark = $state(system.matches);

  constructor() {
    const kept = localStorage.getItem(key);
    if (kept === 'light' || kept === 'dark') this.choice = kept;
    system.addEventListener('change', () => {
      this.#systemIsDark = system.matches;
    });
  }

  get isDark(): boolean {
    return this.choice === 'system' ? this.#systemIsDark : this.choice === 'dark';
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    if (choice === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, choice);
  }
}

/** Colours that canvases draw with; read off the style sheet, so that there is one place for them. */
export function colourOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
