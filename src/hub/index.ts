/** @file The hub: what is published, where it lies on this machine, and how it gets there. */
export {
  type CachedFile,
  type CachedSnapshot,
  cachedFile,
  findSnapshot,
  wantedFilesOf,
} from './cached-snapshot.node.js';
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
export { cardFile, convertedNameOf, isPickled } from './choose-files.js';
export { formatBytes } from './format-bytes.js';
export { type ClientOptions, type HubClient, openHubClient } from './hub-client.node.js';
export { type Environment, type HubSettings, readHubSettings } from './hub-settings.node.js';
export {
  type CachedModel,
  type CachedPreset,
  listCachedModels,
  listCachedPresets,
} from './inventory.node.js';
export { type Licence, licenceOf } from './licences.js';
export {
  licencesToAccept,
  type PulledRepository,
  type PullOptions,
  type PullProgress,
  pull,
} from './pull.node.js';
export { type PlannedRepository, type PullPlan, type PullTarget, planPull } from './pull-plan.node.js';
export { type Removed, removeFromCache } from './remove-model.node.js';
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
export { type VerifiedFile, type VerifyHooks, verifySnapshot } from './verify-model.node.js';
