/** @file What a request needs of its model: parts of weight 0 are not looked for. */
import type { ModelDefaults } from '../../models/model-config.js';
import type { FoleyRequest } from '../request.js';
import type { ModelNeeds } from './found-model.js';

/** For a generation. */
export function needsOf(
  {
    tracks,
    timing,
    frameScale,
    timingScale,
  }: Pick<FoleyRequest, 'tracks' | 'timing' | 'frameScale' | 'timingScale'>,
  defaults: ModelDefaults,
): ModelNeeds {
  const frameAdapter = (frameScale ?? defaults.frameScale) > 0;
  const temporalAdapter = (timingScale ?? defaults.timingScale) > 0;
  const isGiven = tracks === null ? timing !== null : tracks.every((track) => track.timing !== null);
  const labels = temporalAdapter && !isGiven;
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
