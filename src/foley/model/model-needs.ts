/** @file What a request needs of its model: parts of weight 0 are not looked for. */
import type { ModelDefaults } from '../../models/model-config.js';
import { followsMotion, strengthsOf } from '../clip-motion.js';
import type { FoleyRequest } from '../request.js';
import type { ModelNeeds } from './found-model.js';

/** For a generation. */
export function needsOf(
  request: Pick<FoleyRequest, 'tracks' | 'timing' | 'frameScale' | 'timingScale'> &
    Partial<Pick<FoleyRequest, 'label' | 'dynamics' | 'doppler' | 'pan'>>,
  defaults: ModelDefaults,
): ModelNeeds {
  const { tracks, timing, frameScale, timingScale } = request;
  const frameAdapter = (frameScale ?? defaults.frameScale) > 0;
  const temporalAdapter = (timingScale ?? defaults.timingScale) > 0;
  const timings = tracks === null ? [timing] : tracks.map((track) => track.timing);
  const follows = followsMotion(
    strengthsOf({
      dynamics: request.dynamics ?? defaults.dynamics,
      doppler: request.doppler ?? defaults.doppler,
      pan: request.pan ?? defaults.pan,
    }),
  );
  const choosesLabel = request.label === null && tracks === null;
  const labels =
    choosesLabel ||
    (temporalAdapter && timings.includes(null)) ||
    (follows && timings.some((given) => typeof given !== 'object' || given?.motion === undefined));
  return { sound: true, sight: frameAdapter || labels, labels, frameAdapter, temporalAdapter };
}

/** For an inspection: nothing is made, everything is looked at. */
export const seeingNeeds: ModelNeeds = {
  sound: false,
  sight: true,
  labels: true,
  frameAdapter: false,
  temporalAdapter: false,
};
