/**
 * @file Our side of a timing, in a process of its own so that its memory is its own. Reads one JSON command a line,
 * answers each with one line: `open`, `run`, `save`, `quit`.
 */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { CompileOptions, Session } from '../../src/engine/engine.js';
import { createOrtEngine } from '../../src/engine/ort-engine.node.js';
import type { Tensor } from '../../src/graph/index.js';
import { buildPart, valuesOf, type WeightPaths } from './part-programs.js';

interface OpenCommand {
  readonly do: 'open';
  readonly part: string;
  readonly batch: number;
  readonly threads: number;
  readonly weights: WeightPaths;
  readonly compile?: CompileOptions;
}
type Command = OpenCommand | { readonly do: 'run' | 'quit' } | { readonly do: 'save'; readonly file: string };

let opened: { session: Session; feeds: Record<string, Tensor>; output: string } | null = null;
let last: Tensor | null = null;

async function obey(command: Command): Promise<Record<string, unknown>> {
  switch (command.do) {
    case 'open': {
      const started = performance.now();
      const part = await buildPart(command.part, command.batch, command.weights);
      const engine = createOrtEngine({ threads: command.threads });
      const session = await engine.compile(part.program, command.compile);
      const seconds = (performance.now() - started) / 1000;
      const feeds: Record<string, Tensor> = { ...part.feeds };
      const preparing = performance.now();
      for (const step of part.prepare) {
        const once = await engine.compile(step.program);
        Object.assign(feeds, await once.run(step.feeds));
        await once.close();
      }
      opened = { session, feeds, output: part.output };
      return { seconds, prepareSeconds: (performance.now() - preparing) / 1000 };
    }
    case 'run': {
      const started = performance.now();
      const before = process.cpuUsage();
      const outputs = await opened!.session.run(opened!.feeds);
      const { user, system } = process.cpuUsage(before);
      last = outputs[opened!.output]!;
      return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
    }
    case 'save': {
      const values = valuesOf(last!);
      await writeFile(command.file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      return {};
    }
    case 'quit':
      process.exit(0);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as Command).catch((error: unknown) => ({
    error: String(error),
  }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
