/** @file Every path of the HTTP API, in one place: routes are the templates, clients fill them in. */

export const routes = {
  uploads: '/v1/uploads',
  upload: '/v1/uploads/:uploadId',
  uploadComplete: '/v1/uploads/:uploadId/complete',
  mediaList: '/v1/media',
  media: '/v1/media/:mediaId',
  mediaFile: '/v1/media/:mediaId/file',
  mediaFilmstrip: '/v1/media/:mediaId/filmstrip',
  mediaFilmstripImage: '/v1/media/:mediaId/filmstrip.png',
  mediaPeaks: '/v1/media/:mediaId/peaks',
  mediaMel: '/v1/media/:mediaId/mel.png',
  jobs: '/v1/jobs',
  job: '/v1/jobs/:jobId',
  jobCancel: '/v1/jobs/:jobId/cancel',
  jobEvents: '/v1/jobs/:jobId/events',
  jobFiles: '/v1/jobs/:jobId/files',
  jobFile: '/v1/jobs/:jobId/files/:fileId',
  jobFilePeaks: '/v1/jobs/:jobId/files/:fileId/peaks',
  jobFileMel: '/v1/jobs/:jobId/files/:fileId/mel.png',
  events: '/v1/events',
  session: '/v1/session',
  schema: '/v1/schema',
  openApi: '/openapi.json',
  health: '/healthz',
  ready: '/readyz',
  metrics: '/metrics',
} as const;
export type RouteName = keyof typeof routes;

type ParametersOf<T extends string> = T extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParametersOf<Rest>
  : T extends `${string}:${infer Name}`
    ? Name
    : never;

/** Ids that a route needs: `{ jobId }` for `/v1/jobs/:jobId`. */
export type RouteIds<R extends RouteName> = Readonly<Record<ParametersOf<(typeof routes)[R]>, string>>;
export type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** A path with its ids and its query filled in. */
export function pathTo<R extends RouteName>(route: R, ids: RouteIds<R>, query: QueryValues = {}): string {
  const named: Readonly<Record<string, string>> = ids;
  const path = routes[route].replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(named[name] ?? ''),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length === 0 ? path : `${path}?${search}`;
}

/** Header names beyond the standard ones. */
export const headers = {
  /** On an append: how many bytes the upload has; in every answer about an upload, too. */
  uploadOffset: 'Upload-Offset',
  idempotencyKey: 'Idempotency-Key',
  lastEventId: 'Last-Event-ID',
  /** In every answer; errors and the log carry it. */
  requestId: 'Request-Id',
} as const;
