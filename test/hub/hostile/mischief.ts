/** @file Answers that a hub should not give, and pulls that meet them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HubFixture, rejectionOf, repository, weights } from '../hub-fixture.js';
import { sendJson, sha256Of } from '../hub-server.js';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Where the storage keeps the weights of the one repository. */
export const weightsPath = `/${sha256Of(weights)}`;

/** Answers requests whose path holds `part` with `answer`, then pulls. @returns what the pull was refused with */
export async function pullWith(
  { server, pull }: HubFixture,
  part: string,
  answer: Answer,
  options: { readonly stallSeconds?: number } = {},
): Promise<unknown> {
  server.mischief = (request, response, url) => {
    if (!url.pathname.includes(part)) return false;
    answer(response, request);
    return true;
  };
  return rejectionOf(pull(repository.id, options));
}

export const sends =
  (bytes: Uint8Array, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(200, headers);
    response.end(bytes);
  };

export const redirects =
  (location: string): Answer =>
  (response) => {
    response.writeHead(302, { location });
    response.end();
  };

export const listing =
  (entries: readonly unknown[]): Answer =>
  (response) =>
    sendJson(response, 200, entries);
