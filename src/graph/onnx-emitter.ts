/** @file Writes a graph of values as an ONNX model with static shapes; frozen weights stay where they are on disk. */
import { FoleyError } from '../errors/foley-error.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { type DType, elementCount, type Tensor } from './tensor.js';
import { topologicalOrder, type Value } from './value.js';

/**
 * `plain` uses only standard ONNX operators; `fused` uses ONNX Runtime's own where they are faster; `int8` is fused, with
 * products and convolutions of activations with frozen weights in 8 bits.
 */
export type Lowering = 'plain' | 'fused' | 'int8';

/** A frozen weight inside a file: nothing is read until the engine maps it. */
export interface WeightReference {
  /** The name of the tensor in its file, for error messages and the hash. */
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Identifies the file; the engine knows where it lies. */
  readonly file: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

/** Tells where the external data of a weight lies, or `null` to leave it out (only for hashing). */
export type WeightLocator = (reference: WeightReference) => string | null;

const opset = 20;
const irVersion = 10;

// TensorProto.DataType
const dataType: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

/** Collects ONNX nodes and initialisers; operations call it from their `emit`. */
export class Emitter {
  readonly lowering: Lowering;
  readonly #graph = new ProtobufWriter();
  readonly #initialisers = new Map<string, string>();
  readonly #names = new Map<Value, string>();
  readonly #locate: WeightLocator;
  #counter = 0;

  constructor(lowering: Lowering, locate: WeightLocator) {
    this.lowering = lowering;
    this.#locate = locate;
  }

  /** Whether operators of ONNX Runtime's own may be used. */
  get isFused(): boolean {
    return this.lowering !== 'plain';
  }

  /** The name under which a value was emitted. */
  nameOf(value: Value): string {
    const name = this.#names.get(value);
    if (name === undefined)
      throw new FoleyError('graph-invalid', `${value.operation.name} was used before it was emitted`);
    return name;
  }

  /** Adds a node with one output and returns the output's name. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    options: { readonly domain?: string } = {},
  ): string {
    return this.nodes(type, inputs, 1, attributes, options)[0]!;
  }

  /** Adds a node with several outputs and returns their names. An empty name stands for an input that is left out. */
  nodes(
    type: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Readonly<Record<string, AttributeValue>> = {},
    options: { readonly domain?: string } = {},
  ): string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#fresh());
    const node = new ProtobufWriter();
    for (const name of inputs) node.bytes(1, name);
    for (const name of outputs) node.bytes(2, name);
    node.bytes(4, type);
    for (const [name, value] of Object.entries(attributes)) node.bytes(5, attributeMessage(name, value));
    if (options.domain !== undefined) node.bytes(7, options.domain);
    this.#graph.bytes(1, node);
    return outputs;
  }

  /** An initialiser with the data inside the model; equal ones are written once. */
  constant(value: Tensor): string {
    const bytes = new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
    const key = bytes.length <= 256 ? `${value.dtype}[${value.shape}]${bytes.join()}` : null;
    const known = key === null ? undefined : this.#initialisers.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh();
    this.#graph.bytes(5, tensorMessage(name, value.dtype, value.shape).bytes(9, bytes));
    if (key !== null) this.#initialisers.set(key, name);
    return name;
  }

  /** A one-dimensional int64 initialiser, as shapes, axes and pads are given. */
  ints(values: readonly number[]): string {
    return this.constant({
      dtype: 'int64',
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  /** A scalar initialiser. */
  scalar(value: number): string {
    return this.constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  }

  /** An initialiser whose bytes stay in the weights file. */
  weight(reference: WeightReference): string {
    const name = this.#fresh();
    const message = tensorMessage(name, reference.dtype, reference.shape);
    const location = this.#locate(reference);
    const entries: [string, string][] =
      location === null
        ? [['key', reference.key]]
        : [
            ['location', location],
            ['offset', String(reference.byteOffset)],
            ['length', String(reference.byteLength)],
          ];
    for (const [key, value] of entries) message.bytes(13, new ProtobufWriter().bytes(1, key).bytes(2, value));
    this.#graph.bytes(5, message.int(14, 1));
    return name;
  }

  /** Declares a graph input. */
  input(name: string, dtype: DType, shape: readonly number[]): string {
    this.#graph.bytes(11, valueInfo(name, dtype, shape));
    return name;
  }

  /** Emits the values below the outputs and returns the finished model. */
  model(name: string, inputs: readonly Value[], outputs: Readonly<Record<string, Value>>): Uint8Array {
    // declared inputs come first, so that their order is the caller's, used or not
    for (const value of topologicalOrder(inputs)) this.#emit(value);
    for (const value of topologicalOrder(Object.values(outputs), (v) => this.#dependencies(v)))
      this.#emit(value);
    for (const [outputName, value] of Object.entries(outputs)) {
      const node = new ProtobufWriter()
        .bytes(1, this.nameOf(value))
        .bytes(2, outputName)
        .bytes(4, 'Identity');
      this.#graph.bytes(1, node).bytes(12, valueInfo(outputName, value.dtype, value.shape));
    }
    this.#graph.bytes(2, name);
    return new ProtobufWriter()
      .int(1, irVersion)
      .bytes(2, 'smooth-foley')
      .bytes(7, this.#graph)
      .bytes(8, new ProtobufWriter().bytes(1, '').int(2, opset))
      .bytes(8, new ProtobufWriter().bytes(1, 'com.microsoft').int(2, 1))
      .finish()
      .slice();
  }

  readonly #decomposed = new Map<Value, Value>();

  /** What has to be emitted before a value: its inputs, or the decomposition that stands for it. */
  #dependencies(value: Value): readonly Value[] {
    const { operation } = value;
    if (operation.decomposition === undefined) return value.inputs;
    if (operation.emit !== undefined && this.isFused) return value.inputs;
    let simpler = this.#decomposed.get(value);
    if (simpler === undefined) {
      simpler = operation.decomposition(value, value.attributes);
      this.#decomposed.set(value, simpler);
    }
    return [simpler];
  }

  #emit(value: Value): void {
    if (this.#names.has(value)) return;
    const simpler = this.#decomposed.get(value);
    if (simpler !== undefined) {
      this.#names.set(value, this.nameOf(simpler));
      return;
    }
    const { operation } = value;
    if (operation.emit === undefined)
      throw new FoleyError('graph-invalid', `${operation.name} cannot be written as ONNX`);
    this.#names.set(value, operation.emit(this, value, value.attributes));
  }

  #fresh(): string {
    return `_${this.#counter++}`;
  }
}

function tensorMessage(name: string, dtype: DType, shape: readonly number[]): ProtobufWriter {
  if (elementCount(shape) === 0)
    throw new FoleyError('graph-invalid', `an initialiser of shape [${shape}] is empty`);
  const message = new ProtobufWriter();
  for (const size of shape) message.int(1, size);
  return message.int(2, dataType[dtype]).bytes(8, name);
}

function valueInfo(name: string, dtype: DType, shape: readonly number[]): ProtobufWriter {
  const dimensions = new ProtobufWriter();
  for (const size of shape) dimensions.bytes(1, new ProtobufWriter().int(1, size));
  const tensorType = new ProtobufWriter().int(1, dataType[dtype]).bytes(2, dimensions);
  return new ProtobufWriter().bytes(1, name).bytes(2, new ProtobufWriter().bytes(1, tensorType));
}

function attributeMessage(name: string, value: AttributeValue): ProtobufWriter {
  const message = new ProtobufWriter().bytes(1, name);
  if ('int' in value) return message.int(3, value.int).int(20, 2);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  if ('text' in value) return message.bytes(4, value.text).int(20, 3);
  for (const item of value.ints) message.int(8, item);
  return message.int(20, 7);
}
