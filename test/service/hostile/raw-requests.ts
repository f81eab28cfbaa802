/** @file Requests as they are written: any method, path, header and body, over connections that are kept. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One server, asked over at most `connections` sockets. */
export class RawAsker {
  readonly port: number;
  readonly #agent: Agent;

  constructor(port: number, connections = 16) {
    this.port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws what the socket or node's own writer of requests throws */
  ask({ method, path, headers = {}, body }: RawRequest, mostBytes = 1_000_000): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { port: this.port, host: '127.0.0.1', method, path, headers, agent: this.#agent, timeout: 30_000 },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          const answer = (): void =>
            resolve({
              status: response.statusCode!,
              headers: response.headers,
              text: Buffer.concat(chunks).toString(),
            });
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            size += chunk.length;
            // a stream of events has no end of its own
            const isStream = response.headers['content-type']?.startsWith('text/event-stream');
            if (isStream || size > mostBytes) {
              response.destroy();
              answer();
            }
          });
          response.on('end', answer);
          response.on('error', reject);
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer for 30 s')));
      sent.on('error', reject);
      if (body !== undefined) sent.write(body);
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Sends bytes on a socket of their own. @returns what came back until the server closed it, or fell silent */
export function sendBytes(port: number, bytes: Buffer | string, silenceMs = 1500): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => {}); // a server may well hang up on this
    socket.on('close', () => resolve(answer));
  });
}
