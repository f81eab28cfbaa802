/** @file A client of the API that takes broken connections as they come: it asks again until it is answered. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Job, Media, ServiceEvent } from '../../../src/service/contract.js';

export class PlainClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Again and again until an answer comes; answers of 5xx and 429 count as none. */
  async ask(path: string, init: RequestInit = {}, limitMs = 1_200_000): Promise<Response> {
    const giveUpMs = Date.now() + limitMs;
    for (;;) {
      try {
        const response = await fetch(`${this.#url}${path}`, { ...init, signal: AbortSignal.timeout(15_000) });
        if (response.status < 500 && response.status !== 429) return response;
        await response.arrayBuffer();
        if (Date.now() > giveUpMs) throw new Error(`${path} answers ${response.status}`);
      } catch (error) {
        if (Date.now() > giveUpMs) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.ask(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.json<T>(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async upload(file: string): Promise<Media> {
    const bytes = await readFile(file);
    const { id } = await this.post<{ id: string }>('/v1/uploads', {
      fileName: 'clip.mp4',
      byteLength: bytes.length,
    });
    await this.json(`/v1/uploads/${id}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/octet-stream', 'Upload-Offset': '0' },
      body: bytes,
    });
    return this.post<Media>(`/v1/uploads/${id}/complete`, {});
  }

  /** Every job there is. */
  async jobs(): Promise<Job[]> {
    const all: Job[] = [];
    let before: string | null = null;
    do {
      const page: { jobs: Job[]; nextBefore: string | null } = await this.json(
        `/v1/jobs?limit=200${before === null ? '' : `&before=${before}`}`,
      );
      all.push(...page.jobs);
      before = page.nextBefore;
    } while (before !== null);
    return all;
  }

  /** What has been told about a finished job, from the beginning. */
  async eventsOf(jobId: string): Promise<{ id: number; event: ServiceEvent }[]> {
    const response = await this.ask(`/v1/jobs/${jobId}/events`, { headers: { 'Last-Event-ID': '0' } });
    return parseEvents(await response.text());
  }

  async sha256Of(path: string): Promise<string> {
    const response = await this.ask(path);
    return createHash('sha256')
      .update(Buffer.from(await response.arrayBuffer()))
      .digest('hex');
  }
}

/** Those that carry an id. */
export function parseEvents(text: string): { id: number; event: ServiceEvent }[] {
  return text
    .split('\n\n')
    .map((block) =>
      Object.fromEntries(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      ),
    )
    .filter((fields) => fields.id !== undefined && fields.data !== undefined)
    .map((fields) => ({ id: Number(fields.id), event: JSON.parse(fields.data!) as ServiceEvent }));
}
