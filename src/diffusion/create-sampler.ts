/** @file The samplers by name. */
import { FoleyError } from '../errors/foley-error.js';
import { createDdimSampler, type DdimOptions } from './ddim.js';
import { createDpmSolverSampler, type DpmSolverOptions } from './dpm-solver-plus-plus.js';
import { createPndmSampler, type PndmOptions } from './pndm.js';
import type { Sampler, SamplerContext } from './sampler.js';

export const samplerNames = ['ddim', 'pndm', 'dpm-solver++'] as const;
export type SamplerName = (typeof samplerNames)[number];

/** A sampler's name with its own options. */
export type SamplerChoice =
  | ({ readonly name: 'ddim' } & DdimOptions)
  | ({ readonly name: 'pndm' } & PndmOptions)
  | ({ readonly name: 'dpm-solver++' } & DpmSolverOptions);

/** Whether a string names a sampler. */
export function isSamplerName(name: string): name is SamplerName {
  return (samplerNames as readonly string[]).includes(name);
}

/** A fresh sampler for one run. @throws FoleyError `usage` for an unknown name or options that do not fit */
export function createSampler(choice: SamplerChoice, context: SamplerContext): Sampler {
  switch (choice.name) {
    case 'ddim':
      return createDdimSampler(context, choice);
    case 'pndm':
      return createPndmSampler(context, choice);
    case 'dpm-solver++':
      return createDpmSolverSampler(context, choice);
    default:
      return unknownSampler(choice);
  }
}

function unknownSampler(choice: never): never {
  const { name } = choice as { name?: unknown };
  throw new FoleyError('usage', `unknown sampler "${String(name)}"`, {
    hint: `Choose one of ${samplerNames.join(', ')}.`,
  });
}
