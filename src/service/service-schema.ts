/** @file What a form needs to know: the fields of a request, the models that are here, and the limits. */
import { fieldGroups, type RequestField, requestFields } from '../foley/request-fields.js';
import {
  inspectRequestSchema,
  publicRequestSchema,
  publicTrackSchema,
  type ServiceSchema,
} from './contract.js';
import type { ServiceLimits } from './limits.js';

export function serviceSchema(
  version: string,
  models: readonly string[],
  limits: ServiceLimits,
): ServiceSchema {
  const request = requestFields(publicRequestSchema).map((field) =>
    field.name === 'model' ? modelField(field, models) : plain(field),
  );
  const used = new Set(request.map((field) => field.group));
  return {
    version,
    groups: Object.fromEntries(Object.entries(fieldGroups).filter(([group]) => used.has(group))),
    request,
    track: requestFields(publicTrackSchema).map(plain),
    inspect: Object.keys(inspectRequestSchema.shape),
    models: [...models],
    limits: {
      uploadBytes: limits.uploadBytes,
      durationSeconds: limits.durationSeconds,
      pixelsPerFrame: limits.pixelsPerFrame,
      framesPerSecond: limits.framesPerSecond,
      tracks: limits.tracks,
      takes: limits.takes,
      queuedJobsPerClient: limits.queuedJobsPerClient,
      jobSeconds: limits.jobSeconds,
      jobMebibytes: limits.jobMebibytes,
    },
  };
}

/** On a server a model is one of those that it offers. */
function modelField(field: RequestField, models: readonly string[]): ServiceSchema['request'][number] {
  return { ...plain(field), kind: 'choice', choices: [...models], minimum: null, maximum: null };
}

function plain(field: RequestField): ServiceSchema['request'][number] {
  return { ...field, choices: [...field.choices] };
}
