/** @file Which tensors of a training checkpoint are the model, and what they are called without their wrapping. */

/** What becomes of the tensors of a checkpoint. */
export interface CheckpointPlan {
  /** Name in the checkpoint -> name of the parameter. */
  readonly kept: ReadonlyMap<string, string>;
  readonly dropped: readonly string[];
}

/**
 * Dictionaries that hold the model beside a training's state: Lightning's and most others', and HiFi-GAN's. The first
 * that is there is the model, and everything beside it is ballast.
 */
const wrappers = ['state_dict', 'model_state_dict', 'generator'];

/** Wrapping only where it is a dictionary: some networks call their whole body so, too. */
const dictionaryWrapper = 'model';

/** An optimiser keeps two moments of each weight, twice the size of the model. */
const trainingState =
  /^(?:optim|optimizers?|optimizer_states?|optim_[a-z]+|lr_schedulers?|scaler|ema_optimizer)\./;

/** torch's DataParallel puts every parameter under this name. */
const parallelPrefix = 'module.';

/**
 * Decides by the names alone.
 *
 * @param dictionaries keys of the dictionaries in which tensors lie, as far as they are known
 */
export function planCheckpoint(
  names: readonly string[],
  dictionaries: ReadonlySet<string> = new Set(),
): CheckpointPlan {
  const wrapper =
    wrappers.find((candidate) => names.some((name) => name.startsWith(`${candidate}.`))) ??
    (dictionaries.has(dictionaryWrapper) ? dictionaryWrapper : undefined);
  const isModel = (name: string): boolean =>
    wrapper === undefined ? !trainingState.test(name) : name.startsWith(`${wrapper}.`);
  const bare = (name: string): string => {
    const inside = wrapper === undefined ? name : name.slice(wrapper.length + 1);
    return inside.startsWith(parallelPrefix) ? inside.slice(parallelPrefix.length) : inside;
  };
  return {
    kept: new Map(names.filter(isModel).map((name) => [name, bare(name)])),
    dropped: names.filter((name) => !isModel(name)),
  };
}
