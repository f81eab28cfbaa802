/** @file The engine on Node: ONNX Runtime with weights mapped from their files. It blocks while it runs, so products run it in a child. */
import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, relative, sep } from 'node:path';
import * as ort from 'onnxruntime-node';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { Program } from '../graph/program.js';
import { arrayTypes, elementCount, type Tensor } from '../graph/tensor.js';
import type { CompileOptions, Device, Engine, Session } from './engine.js';

export interface OrtEngineOptions {
  readonly device?: Device;
  /** Threads inside one operation; the number of cores unless given. */
  readonly threads?: number;
  /** Lets idle threads spin: faster alone, impolite on a machine that does other work. Off unless given. */
  readonly spinning?: boolean;
}

/** An engine in this process. Sessions it makes stay open until they or the engine are closed. */
export function createOrtEngine(options: OrtEngineOptions = {}): Engine {
  const device = options.device ?? 'cpu';
  const sessions = new Set<Session>();
  return {
    device,
    async compile(program, compileOptions = {}) {
      const session = await openSession(program, device, options, compileOptions);
      sessions.add(session);
      return {
        ...session,
        async close() {
          if (sessions.delete(session)) await session.close();
        },
      };
    },
    async close() {
      const open = [...sessions];
      sessions.clear();
      for (const session of open) await session.close();
    },
  };
}

async function openSession(
  program: Program,
  device: Device,
  engine: OrtEngineOptions,
  options: CompileOptions,
): Promise<Session> {
  const { folder, locations } = locateWeights(program);
  if (options.arithmetic === 'int8' && device !== 'cpu') {
    throw new FoleyError('usage', `arithmetic in int8 runs on the processor, not on ${device}`, {
      hint: 'Choose the device cpu, or float32.',
    });
  }
  const ofDevice = device === 'cpu' ? 'fused' : 'plain';
  const lowering = options.lowering ?? (options.arithmetic === 'int8' ? 'int8' : ofDevice);
  const bytes = program.emit(lowering, (reference) => locations.get(reference.file) ?? null);
  const isReleased = options.workingMemory === 'released';
  const disabled = [
    ...(options.keepRecomputation ? ['CommonSubexpressionElimination'] : []),
    // folded, weights of half precision would become a private copy of twice their size; in int8, one of half
    ...(lowering !== 'int8' && halfPrecisionBytes(program) > mostBytesFolded ? ['ConstantFolding'] : []),
  ];
  // key names as the shipped library reads them; every value has to be text
  const extra = {
    session: {
      disable_prepacking: program.weights.length > 0 ? '1' : '0',
      'intra_op.allow_spinning': engine.spinning ? '1' : '0',
      set_denormal_as_zero: '1',
      use_deterministic_compute: '1',
      ...(folder === null ? {} : { model_external_initializers_file_folder_path: folder }),
    },
    optimization: disabled.length === 0 ? {} : { disable_specified_optimizers: disabled.join(';') },
  };
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(bytes, {
      executionProviders: device === 'cpu' ? ['cpu'] : ['webgpu'],
      graphOptimizationLevel: options.optimization ?? 'extended',
      intraOpNumThreads: engine.threads ?? availableParallelism(),
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // measured on UNets: with both, kept memory is half as much again and no run is faster; the pattern makes one block
      // of everything, which is what can be given back at once
      enableCpuMemArena: !isReleased,
      enableMemPattern: isReleased,
      logSeverityLevel: 4,
      extra,
    });
  } catch (cause) {
    throw new FoleyError(
      'engine-failed',
      `ONNX Runtime refused the program ${program.name}: ${messageOf(cause)}`,
      { cause },
    );
  }
  return {
    program,
    async run(feeds, into = {}) {
      const inputs: Record<string, ort.Tensor> = {};
      for (const port of program.inputs)
        inputs[port.name] = toOrt(program.name, port.name, port, feeds[port.name]);
      for (const name of Object.keys(feeds)) {
        if (inputs[name] === undefined)
          throw new FoleyError('graph-invalid', `program ${program.name} has no input ${name}`);
      }
      const outputs: Record<string, Tensor> = {};
      const fetches: Record<string, ort.Tensor> = {};
      for (const port of program.outputs) {
        const buffer = into[port.name] ?? {
          ...port,
          data: new arrayTypes[port.dtype](elementCount(port.shape)),
        };
        fetches[port.name] = toOrt(program.name, port.name, port, buffer);
        outputs[port.name] = { dtype: port.dtype, shape: port.shape, data: buffer.data };
      }
      try {
        await session.run(inputs, fetches);
      } catch (cause) {
        throw new FoleyError('engine-failed', `ONNX Runtime failed in ${program.name}: ${messageOf(cause)}`, {
          cause,
        });
      }
      return outputs;
    },
    close: () => session.release(),
  };
}

function toOrt(
  program: string,
  name: string,
  port: Pick<Tensor, 'dtype' | 'shape'>,
  value: Tensor | undefined,
): ort.Tensor {
  if (value === undefined)
    throw new FoleyError('graph-invalid', `program ${program} needs the input ${name}`);
  const fits =
    value.dtype === port.dtype &&
    value.shape.length === port.shape.length &&
    value.shape.every((size, i) => size === port.shape[i]);
  if (!fits) {
    throw new FoleyError(
      'graph-invalid',
      `program ${program}: ${name} is ${port.dtype}[${port.shape}], not ${value.dtype}[${value.shape}]`,
    );
  }
  return new ort.Tensor(
    port.dtype as ort.Tensor.Type,
    value.data as ort.Tensor.DataType,
    port.shape as number[],
  );
}

/** Up to here it is worth widening weights once, when the program is opened. */
const mostBytesFolded = 256 * 2 ** 20;

function halfPrecisionBytes({ weights }: Program): number {
  return weights
    .filter(({ dtype }) => dtype === 'float16' || dtype === 'bfloat16')
    .reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** The narrowest folder above all weights files, symlinks resolved, and where each file lies in it. */
function locateWeights(program: Program): { folder: string | null; locations: Map<string, string> } {
  const files = [...new Set(program.weights.map((reference) => reference.file))];
  if (files.length === 0) return { folder: null, locations: new Map() };
  const resolved = files.map((file) => {
    if (!existsSync(file)) throw new FoleyError('model-missing', `the weights file ${file} does not exist`);
    return realpathSync(file);
  });
  let folder = dirname(resolved[0]!);
  while (!resolved.every((file) => file.startsWith(folder === sep ? sep : folder + sep)))
    folder = dirname(folder);
  return {
    folder,
    locations: new Map(files.map((file, i) => [file, relative(folder, resolved[i]!).split(sep).join('/')])),
  };
}
