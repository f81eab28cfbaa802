/** @file The keyboard: one table that the page obeys and the shortcut sheet shows. */

export type StudioCommand =
  | 'play-pause'
  | 'shuttle-back'
  | 'shuttle-stop'
  | 'shuttle-forward'
  | 'frame-back'
  | 'frame-forward'
  | 'second-back'
  | 'second-forward'
  | 'go-start'
  | 'go-end'
  | 'mark-in'
  | 'mark-out'
  | 'clear-marks'
  | 'toggle-loop'
  | 'paint'
  | 'erase'
  | 'split'
  | 'undo'
  | 'redo'
  | 'computed'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-fit'
  | 'previous-track'
  | 'next-track'
  | 'mute'
  | 'solo'
  | 'previous-take'
  | 'next-take'
  | 'hear-a'
  | 'hear-b'
  | 'hear-x'
  | 'generate'
  | 'toggle-snap'
  | 'sheet';

export interface Shortcut {
  readonly command: StudioCommand;
  /** As `KeyboardEvent.key`, lower case where it is a letter. */
  readonly key: string;
  readonly shift?: true;
  /** Control, or Command on a Mac. */
  readonly control?: true;
  readonly group: 'Playing' | 'Timing' | 'View' | 'Tracks and takes';
  readonly help: string;
}

const shortcut = (
  group: Shortcut['group'],
  command: StudioCommand,
  key: string,
  help: string,
  modifiers: Pick<Shortcut, 'shift' | 'control'> = {},
): Shortcut => ({ command, key, group, help, ...modifiers });

const shift = { shift: true } as const;
const control = { control: true } as const;

export const shortcuts: readonly Shortcut[] = [
  shortcut('Playing', 'play-pause', ' ', 'play or pause'),
  shortcut('Playing', 'shuttle-back', 'j', 'play backwards; again: faster'),
  shortcut('Playing', 'shuttle-stop', 'k', 'stop'),
  shortcut('Playing', 'shuttle-forward', 'l', 'play; again: faster'),
  shortcut('Playing', 'frame-back', 'ArrowLeft', 'one frame back'),
  shortcut('Playing', 'frame-forward', 'ArrowRight', 'one frame on'),
  shortcut('Playing', 'second-back', 'ArrowLeft', 'one second back', shift),
  shortcut('Playing', 'second-forward', 'ArrowRight', 'one second on', shift),
  shortcut('Playing', 'go-start', 'Home', 'to the start'),
  shortcut('Playing', 'go-end', 'End', 'to the end'),
  shortcut('Playing', 'mark-in', 'i', 'mark in'),
  shortcut('Playing', 'mark-out', 'o', 'mark out'),
  shortcut('Playing', 'clear-marks', 'x', 'clear the marks', shift),
  shortcut('Playing', 'toggle-loop', 'q', 'loop between the marks'),
  shortcut('Timing', 'paint', 'p', 'sound on between the marks'),
  shortcut('Timing', 'erase', 'e', 'sound off between the marks'),
  shortcut('Timing', 'split', 's', 'split the sound at the playhead'),
  shortcut('Timing', 'undo', 'z', 'undo', control),
  shortcut('Timing', 'redo', 'z', 'redo', { shift: true, control: true }),
  shortcut('Timing', 'redo', 'y', 'redo', control),
  shortcut('Timing', 'computed', 'r', 'back to the computed timing', shift),
  shortcut('Timing', 'toggle-snap', 'n', 'snap to frames, or not'),
  shortcut('View', 'zoom-in', '+', 'zoom in'),
  shortcut('View', 'zoom-out', '-', 'zoom out'),
  shortcut('View', 'zoom-fit', '0', 'the whole clip'),
  shortcut('View', 'sheet', '?', 'this list'),
  shortcut('Tracks and takes', 'previous-track', 'ArrowUp', 'track above'),
  shortcut('Tracks and takes', 'next-track', 'ArrowDown', 'track below'),
  shortcut('Tracks and takes', 'mute', 'm', 'mute the track'),
  shortcut('Tracks and takes', 'solo', 's', 'solo the track', shift),
  shortcut('Tracks and takes', 'previous-take', '[', 'take before'),
  shortcut('Tracks and takes', 'next-take', ']', 'next take'),
  shortcut('Tracks and takes', 'hear-a', 'a', 'hear A'),
  shortcut('Tracks and takes', 'hear-b', 'b', 'hear B'),
  shortcut('Tracks and takes', 'hear-x', 'x', 'hear X'),
  shortcut('Tracks and takes', 'generate', 'Enter', 'make takes', control),
];

/** What of a keyboard event decides. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** What has the focus when a key is pressed. */
export type FocusKind =
  /** Text is typed here: only commands with Control reach the page. */
  | 'text'
  /** Arrows, Home, End and PageUp belong to it (sliders, lists, radio groups). */
  | 'arrows'
  /** Space and Enter press it. */
  | 'button'
  | 'page';

/** The command of a key, or null where the key belongs to what has the focus. */
export function commandFor(press: KeyPress, focus: FocusKind): StudioCommand | null {
  if (press.altKey) return null;
  const hasControl = press.ctrlKey || press.metaKey;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const isMovement = movementKeys.has(press.key);
  if (focus === 'text' && !(hasControl && key === 'Enter')) return null;
  if (focus === 'arrows' && isMovement) return null;
  if (focus === 'button' && (press.key === 'Enter' || press.key === ' ') && !hasControl) return null;
  const found = shortcuts.find((candidate) => {
    if (candidate.key !== key || (candidate.control ?? false) !== hasControl) return false;
    // signs such as ? and + need shift on some keyboards and not on others
    const isSign = /^[^a-z0-9 ]$/.test(candidate.key);
    return isSign || (candidate.shift ?? false) === press.shiftKey;
  });
  return found?.command ?? null;
}

const movementKeys = new Set([
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'PageUp',
  'PageDown',
]);

/** `Ctrl+Shift+Z`, for the sheet. */
export function nameKeys({ key, shift: hasShift, control: hasControl }: Shortcut): string {
  const names: Readonly<Record<string, string>> = {
    ' ': 'Space',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
  };
  const name = names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return [hasControl ? 'Ctrl' : null, hasShift ? 'Shift' : null, name]
    .filter((part) => part !== null)
    .join('+');
}
