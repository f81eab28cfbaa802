/** @file The hub: what is published, where it lies on this machine, and how it gets there. */
export { type CachedFile, type CachedSnapshot, findSnapshot } from './cached-snapshot.node.js';
export {
  type CataloguePreset,
  type CatalogueSource,
  isPresetName,
  type PartRole,
  type PresetName,
  partRoles,
  presetNames,
  presetOf,
} from './catalogue.js';
export { type Environment, type HubSettings, readHubSettings } from './hub-settings.node.js';
export { type Licence, licenceOf } from './licences.js';
export { isCommit, isRepositoryId, parseRepositoryId, type RepositoryId } from './repository-id.js';
export {
  cachedPartsOf,
  type LocalPart,
  type LocalRepository,
  type ModelSource,
  type PresetParts,
  pullCommand,
  type ResolveOptions,
  resolveModelSource,
} from './resolve-model-source.node.js';
