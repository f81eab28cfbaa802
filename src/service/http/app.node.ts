/** @file The HTTP application: guards first, then one handler for each operation. */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { isConnectionLost } from '../database.js';
import type { ServiceLog } from '../log.js';
import type { Metrics } from '../metrics.js';
import { type OperationName, operations } from '../operations.js';
import { headers as headerNames, routes } from '../paths.js';
import { newId } from '../random-id.js';
import { describeForLog, errorInfo, ServiceError, statusOf } from '../service-error.js';
import { type Guard, type GuardedRequest, securityHeaders } from './guard.node.js';
import { encoded, type StaticFile } from './static-files.node.js';

export interface AppEnvironment {
  Bindings: HttpBindings;
  Variables: {
    requestId: string;
    /** Who asks, for limits; empty on routes that anybody may ask. */
    client: string;
    /** The pattern that matched. */
    route: string;
  };
}
export type AppContext = Context<AppEnvironment>;
export type Handler = (context: AppContext) => Response | Promise<Response>;

export interface AppOptions {
  readonly guard: Guard;
  readonly log: ServiceLog;
  readonly metrics: Metrics;
  readonly handlers: Readonly<Record<OperationName, Handler>>;
  /** Address -> file; of the page and the examples. Anybody may have them: a page has to ask for the token somewhere. */
  readonly pages: ReadonlyMap<string, StaticFile>;
}

export function createApp({ guard, log, metrics, handlers, pages }: AppOptions): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();

  app.use(async (context, next) => {
    const requestId = newId();
    context.set('requestId', requestId);
    context.set('client', '');
    context.set('route', 'other');
    const startedMs = performance.now();
    await next();
    context.header(headerNames.requestId, requestId);
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    if (!context.res.headers.has('Cache-Control')) context.header('Cache-Control', 'no-store');
    const seconds = (performance.now() - startedMs) / 1000;
    const { method } = context.req;
    const status = context.res.status;
    // the pattern, not the address: ids are not for the log, and labels must be few
    const route = context.get('route');
    metrics.count('smooth_foley_http_requests_total', 'Answers by route and status.', {
      method,
      route,
      status: String(status),
    });
    metrics.observe('smooth_foley_http_seconds', 'Time to the first byte of an answer.', seconds, {
      method,
      route,
    });
    log.info('request', { requestId, method, route, status, ms: Math.round(seconds * 1000) });
  });

  app.use(async (context, next) => {
    guard.checkOrigin(guarded(context));
    await next();
  });

  for (const [name, operation] of Object.entries(operations)) {
    const path = routes[operation.route];
    app.on(operation.method.toUpperCase(), path, async (context) => {
      context.set('route', path);
      const isOpen = 'isOpen' in operation && operation.isOpen;
      if (!isOpen) context.set('client', guard.checkToken(guarded(context)));
      assertIds(context);
      return handlers[name as OperationName](context);
    });
  }

  app.get('*', (context, next) => {
    const file = pages.get(context.req.path === '/' ? '/index.html' : context.req.path);
    if (file === undefined) return next();
    context.set('route', 'page');
    return answerPage(context, file);
  });

  app.notFound((context) => {
    const known = Object.values(routes).some((route) => matches(route, context.req.path));
    const error = known
      ? new ServiceError('method-not-allowed', `${context.req.method} is not possible here`)
      : new ServiceError('not-found', 'there is nothing here');
    return answerError(context, error, log);
  });
  app.onError((error, context) => answerError(context, error, log));
  return app;
}

export function guarded(context: AppContext): GuardedRequest {
  return {
    method: context.req.method,
    header: (name) => context.req.header(name),
    remoteAddress: context.env.incoming.socket.remoteAddress ?? 'unknown',
  };
}

/** Ids are checked once, here, before any handler sees them. */
function assertIds(context: AppContext): void {
  for (const [name, value] of Object.entries(context.req.param())) {
    if (!/^[A-Za-z0-9_-]{22}$/.test(value)) {
      throw new ServiceError('not-found', `${name} is no id of this service`);
    }
  }
}

function matches(route: string, path: string): boolean {
  const parts = route.split('/');
  const given = path.split('/');
  return (
    parts.length === given.length && parts.every((part, at) => part.startsWith(':') || part === given[at])
  );
}

function answerError(context: AppContext, failure: unknown, log: ServiceLog): Response {
  const thrown = isConnectionLost(failure)
    ? new ServiceError('not-ready', 'the database cannot be reached', {
        cause: failure,
        retryAfterSeconds: 5,
      })
    : failure;
  const requestId = context.get('requestId');
  const status = statusOf(thrown);
  if (status >= 500) log.error('request failed', { requestId, ...describeForLog(thrown) });
  const info = errorInfo(thrown, requestId);
  if (thrown instanceof ServiceError && thrown.retryAfterSeconds !== null) {
    context.header('Retry-After', String(thrown.retryAfterSeconds));
  }
  if (status === 401) context.header('WWW-Authenticate', 'Bearer realm="smooth-foley"');
  if (status === 416) context.header('Content-Range', `bytes */${String(info.details.byteLength)}`);
  // what is still coming of a body that was refused is not waited for
  if (!context.env.incoming.complete) context.header('Connection', 'close');
  return context.json({ error: info }, status as 400);
}

function answerPage(context: AppContext, file: StaticFile): Response {
  const headers: Record<string, string> = {
    'Content-Type': file.type,
    'Cache-Control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: file.etag,
    Vary: 'Accept-Encoding',
  };
  if (context.req.header('if-none-match') === file.etag) return context.body(null, 304, headers);
  const { bytes, encoding } = encoded(file, context.req.header('accept-encoding') ?? '');
  if (encoding !== null) headers['Content-Encoding'] = encoding;
  headers['Content-Length'] = String(bytes.byteLength);
  if (context.req.method === 'HEAD') return context.body(null, 200, headers);
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, headers);
}
