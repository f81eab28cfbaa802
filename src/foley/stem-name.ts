/** @file Names the files of one track of several. */

/** `clip.foley.track-2-dog-barking`: the place keeps names apart, the label is for people. */
export function stemName(resultName: string, index: number, label: string): string {
  const words = label
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return `${resultName}.track-${index + 1}${words === '' ? '' : `-${words}`}`;
}
