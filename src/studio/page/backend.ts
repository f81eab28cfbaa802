/** @file What the page asks of the service, and nothing more; the page works with anything that answers so. */
import type {
  Filmstrip,
  FilmstripQuery,
  Job,
  JobOrderInput,
  Media,
  ServiceEvent,
  ServiceSchema,
} from '../../service/contract.js';

export interface Backend {
  schema(): Promise<ServiceSchema>;
  /** @param onProgress share of the bytes that arrived, 0 to 1 */
  upload(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Media>;
  media(mediaId: string): Promise<Media>;
  mediaUrl(mediaId: string): string;
  filmstrip(mediaId: string, query: FilmstripQuery): Promise<Filmstrip>;
  order(order: JobOrderInput): Promise<Job>;
  job(jobId: string): Promise<Job>;
  cancel(jobId: string): Promise<Job>;
  fileUrl(jobId: string, fileId: string): string;
  /** Tells everything that happens, over lost connections too, until the signal fires. */
  follow(onEvent: (event: ServiceEvent) => void, signal: AbortSignal): Promise<void>;
}
