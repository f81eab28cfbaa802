/** @file The kinds of parameters: frozen in files, trainable inputs, constants in memory, and one kind over another. */
import { FoleyError } from '../errors/foley-error.js';
import { cast, constant, div, input, mul, sqrt, square, sum, weight } from '../graph/index.js';
import type { Tensor } from '../graph/tensor.js';
import { sameShape, type Value } from '../graph/value.js';
import { isBookkeeping, olderSpellings, weightNormSpellings } from './key-aliases.js';
import { type ParameterShape, type Parameters, parametersOf } from './parameter-view.js';
import type { StoredTensor } from './safetensors.js';
import { dtypeOfStored } from './stored-tensor.js';
import type { WeightsFile } from './weights-file.js';

export * from './parameter-view.js';

const wrongModel = 'The file belongs to another model or to another size of it.';

/**
 * Parameters that stay in their files and are referenced in place; half precision is widened by the graph.
 * Old spellings are found, and weights split by weight normalisation are joined.
 *
 * @param files together they hold every parameter; no key may occur in two of them.
 */
export function frozenParameters(...files: readonly WeightsFile[]): Parameters {
  const stored = new Map<string, { readonly tensor: StoredTensor; readonly file: string }>();
  for (const file of files) {
    for (const [key, tensor] of file.tensors) {
      const other = stored.get(key);
      if (other !== undefined) {
        throw new FoleyError('weights-invalid', `parameter ${key} is in both ${other.file} and ${file.id}`);
      }
      stored.set(key, { tensor, file: file.id });
    }
  }
  const touched = new Set<string>();

  const reference = (key: string, shape: readonly number[]): Value => {
    const { tensor, file } = stored.get(key)!;
    const dtype = dtypeOfStored(tensor.storedType);
    if (dtype === null)
      throw new FoleyError('weights-invalid', `${file}: ${key} has the type ${tensor.storedType}`);
    touched.add(key);
    const { byteOffset, byteLength } = tensor;
    const value = weight({ key, dtype, shape, file, byteOffset, byteLength });
    return dtype === 'float32' ? value : cast(value, 'float32');
  };
  const checked = (key: string, shape: readonly number[]): Value => {
    const { tensor, file } = stored.get(key)!;
    if (!holdsSameBytes(tensor.shape, shape)) {
      throw new FoleyError(
        'weights-invalid',
        `${file}: ${key} is [${tensor.shape}] where the model has [${shape}]`,
        {
          hint: wrongModel,
        },
      );
    }
    return reference(key, shape);
  };
  const where = files.length === 1 ? files[0]!.id : `the files ${files.map(({ id }) => id).join(', ')}`;
  return parametersOf({
    name: where,
    has: (key) =>
      stored.has(key) ||
      olderSpellings(key).some((old) => stored.has(old)) ||
      weightNormSpellings(key).some(
        ({ magnitude, direction }) => stored.has(magnitude) && stored.has(direction),
      ),
    resolve: (key, shape) => {
      if (stored.has(key)) return checked(key, shape);
      for (const old of olderSpellings(key)) if (stored.has(old)) return checked(old, shape);
      for (const { magnitude, direction } of weightNormSpellings(key)) {
        if (!stored.has(magnitude) || !stored.has(direction)) continue;
        const magnitudes = checked(magnitude, [shape[0]!, ...shape.slice(1).map(() => 1)]);
        return joinWeightNorm(magnitudes, checked(direction, shape));
      }
      throw new FoleyError('weights-invalid', `${where}: there is no parameter ${key}`, { hint: wrongModel });
    },
    unused: () => [...stored.keys()].filter((key) => !touched.has(key) && !isBookkeeping(key)),
  });
}

/**
 * A dense layer and a convolution of size 1 hold the same bytes, and files have the one for the other: old exports keep
 * the VAE's attention as convolutions, and `use_linear_projection` keeps the UNet's projections as dense layers.
 */
function holdsSameBytes(found: readonly number[], asked: readonly number[]): boolean {
  const axes = Math.max(found.length, asked.length);
  if (Math.min(found.length, asked.length) < 2) return sameShape(found, asked);
  return Array.from({ length: axes }).every((_, axis) => (found[axis] ?? 1) === (asked[axis] ?? 1));
}

/** torch.nn.utils.weight_norm over axis 0: magnitude * direction / |direction|. */
function joinWeightNorm(magnitude: Value, direction: Value): Value {
  const axes = direction.shape.map((_, axis) => axis).slice(1);
  return mul(direction, div(magnitude, sqrt(sum(square(direction), axes, { keepDims: true }))));
}

/**
 * Parameters that are fed: each is an input of the program, named by its full key. Without `known` any parameter
 * exists and takes the shape it is asked for, so that a model function can be asked what it needs.
 *
 * @param known the only parameters that exist.
 */
export function trainableParameters(known?: Iterable<ParameterShape>): Parameters {
  const shapes = known === undefined ? null : new Map([...known].map(({ key, shape }) => [key, shape]));
  const unused = new Set(shapes?.keys());
  return parametersOf({
    has: (key) => shapes?.has(key) ?? true,
    resolve: (key, shape) => {
      if (shapes !== null) assertShape(key, shapes.get(key), shape);
      unused.delete(key);
      return input(key, shape);
    },
    unused: () => [...unused],
  });
}

/** The shapes of all parameters that `build` asks for, in order: what a new model needs. No weights are involved. */
export function collectParameters(build: (parameters: Parameters) => unknown): readonly ParameterShape[] {
  const parameters = trainableParameters();
  build(parameters);
  return parameters.used().map(({ key, shape }) => ({ key, shape }));
}

/** Parameters whose values are written into the program: for small models and tests. */
export function constantParameters(tensors: ReadonlyMap<string, Tensor>): Parameters {
  const unused = new Set(tensors.keys());
  return parametersOf({
    has: (key) => tensors.has(key),
    resolve: (key, shape) => {
      const found = tensors.get(key);
      assertShape(key, found?.shape, shape);
      unused.delete(key);
      return found!.dtype === 'float32' ? constant(found!) : cast(constant(found!), 'float32');
    },
    unused: () => [...unused].filter((key) => !isBookkeeping(key)),
  });
}

/**
 * One kind of parameters over another: an adapter that is trained inside a frozen model.
 *
 * @param isOver says by the full key which parameters come from `over`; a list gives their prefixes.
 */
export function overlayParameters(
  base: Parameters,
  over: Parameters,
  isOver: ((key: string) => boolean) | readonly string[],
): Parameters {
  const belongsOver =
    typeof isOver === 'function'
      ? isOver
      : (key: string) => isOver.some((prefix) => key === prefix || key.startsWith(`${prefix}.`));
  const chosen = (key: string) => (belongsOver(key) ? over : base);
  return parametersOf({
    has: (key) => chosen(key).has(key),
    resolve: (key, shape) => chosen(key).get(key, shape),
    unused: () => [...base.unused(), ...over.unused()],
  });
}

function assertShape(key: string, found: readonly number[] | undefined, asked: readonly number[]): void {
  if (found === undefined)
    throw new FoleyError('weights-invalid', `there is no parameter ${key}`, { hint: wrongModel });
  if (!sameShape(found, asked)) {
    throw new FoleyError('weights-invalid', `parameter ${key} is [${found}] where the model has [${asked}]`, {
      hint: wrongModel,
    });
  }
}
