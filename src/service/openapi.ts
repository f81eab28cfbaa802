/** @file The OpenAPI 3.1 document, made of the operations and their schemas. */
import { z } from 'zod';
import * as contract from './contract.js';
import { type Operation, operations } from './operations.js';
import { routes } from './paths.js';

type Json = Record<string, unknown>;

/** Schemas that have a name in the document. */
const named: Readonly<Record<string, z.ZodType>> = {
  Upload: contract.uploadSchema,
  UploadOrder: contract.uploadOrderSchema,
  Media: contract.mediaSchema,
  Job: contract.jobSchema,
  JobOrder: contract.jobOrderSchema,
  JobFile: contract.jobFileSchema,
  Filmstrip: contract.filmstripSchema,
  Peaks: contract.peaksSchema,
  ServiceEvent: contract.serviceEventSchema,
  ServiceSchema: contract.serviceSchemaSchema,
  Error: contract.errorBodySchema,
};

export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries<Operation>(operations)) {
    const path = routes[operation.route].replaceAll(/:(\w+)/g, '{$1}');
    const described = paths[path] ?? {};
    described[operation.method] = describe(operationId, operation);
    paths[path] = described;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'smooth-foley',
      version,
      summary: 'Sound for silent video.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(named).map(([name, schema]) => [
          name,
          jsonSchema(schema, orders.has(name) ? 'input' : 'output'),
        ]),
      ),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'smooth-foley-session' },
      },
    },
  };
}

/** What clients send; everything else is what they get. */
const orders: ReadonlySet<string> = new Set(['UploadOrder', 'JobOrder']);

function describe(
  operationId: string,
  { route, summary, query, headers, body, answer, isOpen }: Operation,
): Json {
  const ids = [...routes[route].matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const parameters: Json[] = [
    ...ids.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: jsonSchema(contract.idSchema, 'input'),
    })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      required: false,
      schema: jsonSchema(schema as z.ZodType, 'output'), // text that becomes a number reads as "any" on the way in
    })),
    ...Object.entries(headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      required: name === 'Upload-Offset',
      schema: { type: 'string' },
    })),
  ];
  return {
    operationId,
    summary,
    ...(isOpen === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: requestContent(body) } }),
    responses: {
      [answer.status]: {
        description: summary,
        ...(answer.body === null ? {} : { content: answerContent(answer.body) }),
      },
      default: {
        description: 'what went wrong, in one form for all',
        content: { 'application/json': { schema: reference(contract.errorBodySchema, 'output') } },
      },
    },
  };
}

function requestContent(body: z.ZodType | 'bytes'): Json {
  return body === 'bytes'
    ? { 'application/octet-stream': {} }
    : { 'application/json': { schema: reference(body, 'input') } };
}

function answerContent(body: z.ZodType | string): Json {
  return typeof body === 'string'
    ? { [body]: {} }
    : { 'application/json': { schema: reference(body, 'output') } };
}

function reference(schema: z.ZodType, io: 'input' | 'output'): Json {
  const name = Object.entries(named).find(([, candidate]) => candidate === schema)?.[0];
  return name === undefined ? jsonSchema(schema, io) : { $ref: `#/components/schemas/${name}` };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
