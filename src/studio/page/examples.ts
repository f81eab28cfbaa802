/** @file The example clips that the package brings, one click away. */

export interface ExampleClip {
  /** Under `/examples/`. */
  readonly file: string;
  readonly label: string;
  readonly about: string;
}

export const examples: readonly ExampleClip[] = [
  { file: 'dog-passing.mp4', label: 'dog barking', about: 'a drawn dog walks through a photograph; 10 s' },
  { file: 'city-night.mp4', label: 'wind', about: 'a night skyline of office towers; 8 s' },
  {
    file: 'dog-lying.mp4',
    label: 'dog panting',
    about: 'a white dog on a tiled floor, with faint sound of its own; 2 s',
  },
];

/** Fetches an example as if it had been dropped. */
export async function fetchExample({ file }: ExampleClip): Promise<File> {
  const response = await fetch(`/examples/${file}`);
  if (!response.ok) throw new Error(`the example ${file} could not be fetched (${response.status})`);
  return new File([await response.blob()], file, { type: 'video/mp4' });
}
