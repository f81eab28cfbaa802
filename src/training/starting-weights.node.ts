/** @file The weights that a run begins with in place of random ones, from a file that must fit the stage. */
import { frozenParameters, type Parameters } from '../weights/parameters.js';
import { openSafetensors } from '../weights/safetensors-file.node.js';
import { readWeights } from './save-weights.node.js';

/**
 * @param path of a file that the same stage exported
 * @param uses asks for every parameter of the stage, as building its loss does
 * @throws FoleyError where the file lacks one, has one of another shape, or one too many; as `openSafetensors`
 */
export async function startingWeights(
  path: string,
  uses: (parameters: Parameters) => unknown,
): Promise<Map<string, Float32Array>> {
  const file = await openSafetensors(path);
  const parameters = frozenParameters(file);
  uses(parameters);
  parameters.assertAllUsed();
  return readWeights(file, () => true);
}
