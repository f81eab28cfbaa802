/** @file What an engine and the threads that run its sessions say to each other. */
import type { FoleyErrorCode } from '../errors/foley-error.js';
import type { Tensor } from '../graph/tensor.js';
import type { SessionPlan } from './ort-session.node.js';

type Tensors = Readonly<Record<string, Tensor>>;

export type ToWorker =
  | { readonly kind: 'open'; readonly session: number; readonly plan: SessionPlan }
  | { readonly kind: 'run'; readonly session: number; readonly feeds: Tensors }
  | { readonly kind: 'close'; readonly session: number };

/** One answer to each message, in their order. */
export type FromWorker =
  | { readonly kind: 'done'; readonly outputs: Tensors | null }
  | { readonly kind: 'failed'; readonly code: FoleyErrorCode; readonly message: string };
