/** @file What a licence of the hub lets people do, as far as it has to be said before a download. */

/** A licence as the hub names it. */
export interface Licence {
  /** The hub's short name, lower case, such as `cc-by-nc-sa-4.0`; `unknown` where the repository states none. */
  readonly id: string;
  readonly isNonCommercial: boolean;
  /** What it comes to, one clause; null where the name is not one we know. */
  readonly meaning: string | null;
  readonly url: string | null;
}

const creativeCommons = 'https://creativecommons.org/licenses';
const known: Readonly<Record<string, Pick<Licence, 'meaning' | 'url'>>> = {
  'apache-2.0': {
    meaning: 'any use, with notice and attribution',
    url: 'https://www.apache.org/licenses/LICENSE-2.0',
  },
  mit: { meaning: 'any use, with attribution', url: 'https://opensource.org/license/mit' },
  'cc-by-4.0': { meaning: 'any use, with attribution', url: `${creativeCommons}/by/4.0/` },
  'cc-by-sa-4.0': {
    meaning: 'any use, with attribution, adaptations under the same terms',
    url: `${creativeCommons}/by-sa/4.0/`,
  },
  'cc-by-nc-4.0': { meaning: 'non-commercial use, with attribution', url: `${creativeCommons}/by-nc/4.0/` },
  'cc-by-nc-sa-4.0': {
    meaning: 'non-commercial use, with attribution, adaptations under the same terms',
    url: `${creativeCommons}/by-nc-sa/4.0/`,
  },
  'cc-by-nc-nd-4.0': {
    meaning: 'non-commercial use, with attribution, no adaptations',
    url: `${creativeCommons}/by-nc-nd/4.0/`,
  },
  'creativeml-openrail-m': {
    meaning: 'any use but the listed harmful ones',
    url: 'https://huggingface.co/spaces/CompVis/stable-diffusion-license',
  },
};
const nonCommercial = /(?:^|[-_ ])(?:nc|non-?commercial|research-only)(?:[-_ ]|$)/;

/** The licence of that short name. */
export function licenceOf(id: string): Licence {
  const name = id.trim().toLowerCase();
  return {
    id: name === '' ? 'unknown' : name,
    isNonCommercial: nonCommercial.test(name),
    meaning: known[name]?.meaning ?? null,
    url: known[name]?.url ?? null,
  };
}
