/** @file One session of ONNX Runtime: its plan, which is plain data and goes to any thread, and what runs it there. */
import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, relative, sep } from 'node:path';
import * as ort from 'onnxruntime-node';
import { FoleyError, messageOf } from '../errors/foley-error.js';
import type { Program } from '../graph/program.js';
import { arrayTypes, elementCount, type Tensor } from '../graph/tensor.js';
import type { CompileOptions, Device } from './engine.js';

export interface OrtEngineOptions {
  readonly device?: Device;
  /** Threads inside one operation; the number of cores unless given. */
  readonly threads?: number;
  /** Lets idle threads spin: faster alone, impolite on a machine that does other work. Off unless given. */
  readonly spinning?: boolean;
}

type Port = Pick<Tensor, 'dtype' | 'shape'> & { readonly name: string };

/** Everything that opens a program; the weights stay in their files. */
export interface SessionPlan {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly options: ort.InferenceSession.SessionOptions;
}

/** @throws FoleyError `model-missing` for a weights file that is not there, `usage` for int8 away from the CPU */
export function planSession(
  program: Program,
  device: Device,
  engine: OrtEngineOptions,
  options: CompileOptions,
): SessionPlan {
  const { folder, locations } = locateWeights(program);
  if (options.arithmetic === 'int8' && device !== 'cpu') {
    throw new FoleyError('usage', `arithmetic in int8 runs on the processor, not on ${device}`, {
      hint: 'Choose the device cpu, or float32.',
    });
  }
  const ofDevice = device === 'cpu' ? 'fused' : 'plain';
  const lowering = options.lowering ?? (options.arithmetic === 'int8' ? 'int8' : ofDevice);
  const onnx = program.emit(lowering, (reference) => locations.get(reference.file) ?? null);
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
  return {
    name: program.name,
    onnx,
    inputs: program.inputs.map(portOf),
    outputs: program.outputs.map(portOf),
    options: {
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
    },
  };
}

function portOf({ name, dtype, shape }: Port): Port {
  return { name, dtype, shape };
}

/** An open session; it blocks its thread while it runs. */
export interface OrtSession {
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/** @throws FoleyError `engine-failed` when the runtime refuses the program */
export async function openPlanned({
  name,
  onnx,
  inputs,
  outputs,
  options,
}: SessionPlan): Promise<OrtSession> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(onnx, options);
  } catch (cause) {
    throw new FoleyError('engine-failed', `ONNX Runtime refused the program ${name}: ${messageOf(cause)}`, {
      cause,
    });
  }
  return {
    async run(feeds, into = {}) {
      const fed: Record<string, ort.Tensor> = {};
      for (const port of inputs) fed[port.name] = toOrt(name, port, feeds[port.name]);
      for (const key of Object.keys(feeds)) {
        if (fed[key] === undefined)
          throw new FoleyError('graph-invalid', `program ${name} has no input ${key}`);
      }
      const results: Record<string, Tensor> = {};
      const fetches: Record<string, ort.Tensor> = {};
      for (const port of outputs) {
        const buffer = into[port.name] ?? {
          ...port,
          data: new arrayTypes[port.dtype](elementCount(port.shape)),
        };
        fetches[port.name] = toOrt(name, port, buffer);
        results[port.name] = { dtype: port.dtype, shape: port.shape, data: buffer.data };
      }
      try {
        await session.run(fed, fetches);
      } catch (cause) {
        throw new FoleyError('engine-failed', `ONNX Runtime failed in ${name}: ${messageOf(cause)}`, {
          cause,
        });
      }
      return results;
    },
    close: () => session.release(),
  };
}

function toOrt(program: string, port: Port, value: Tensor | undefined): ort.Tensor {
  assertFits(program, port, value);
  return new ort.Tensor(
    port.dtype as ort.Tensor.Type,
    value.data as ort.Tensor.DataType,
    port.shape as number[],
  );
}

/** @throws FoleyError `graph-invalid` for a tensor that is missing, or of another type or shape than its port */
export function assertFits(
  program: string,
  { name, dtype, shape }: Port,
  value: Tensor | undefined,
): asserts value is Tensor {
  if (value === undefined)
    throw new FoleyError('graph-invalid', `program ${program} needs the input ${name}`);
  const fits =
    value.dtype === dtype &&
    value.shape.length === shape.length &&
    value.shape.every((size, i) => size === shape[i]);
  if (!fits) {
    throw new FoleyError(
      'graph-invalid',
      `program ${program}: ${name} is ${dtype}[${shape}], not ${value.dtype}[${value.shape}]`,
    );
  }
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
