/** @file Tensors of a PyTorch checkpoint, of the ZIP kind and of the kind before torch 1.6, without executing it. */
import { FoleyError } from '../errors/foley-error.js';
import { elementCount } from '../graph/tensor.js';
import { assertInside, type ByteSource } from './byte-source.js';
import { type PickleMeanings, PickleObject, PickleTuple, type PickleValue, readPickle } from './pickle.js';
import { bytesPerStoredElement, type StoredType } from './safetensors.js';
import { isContiguous, lastElement, packStrided } from './strided.js';
import { readZipDirectory, readZipEntry, streamZipEntry, type ZipEntry } from './zip-archive.js';

// Formats: pytorch torch/serialization.py (_save, _legacy_save) and torch/_utils.py (_rebuild_tensor_v2).

/** One tensor of a checkpoint. */
export interface CheckpointTensor {
  /** Keys of the dictionaries on the way to it, joined with dots. */
  readonly name: string;
  /** The key of the outermost dictionary, where it lies in one inside the whole. */
  readonly holder: string | null;
  readonly storedType: StoredType;
  readonly shape: readonly number[];
  /** Its bytes, little-endian and row-major, whatever its strides in the file are. */
  bytes(): Promise<Uint8Array>;
  /** The same in pieces of at most a few megabytes, where the strides allow. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/** Text and numbers beside the tensors are of no use here and are left out. */
export type TorchCheckpoint = ReadonlyMap<string, CheckpointTensor>;

const longestPickleBytes = 64 * 2 ** 20;
const mostTensors = 100_000;
const deepestNesting = 12;
/** Tied weights are stored once and listed several times; beyond this the file only wants to fill a disk. */
const mostExpansion = 8;

/**
 * What training scripts leave beside the weights, arrays and numbers of NumPy: understood as nothing. Text is how
 * protocol 2 writes bytes.
 */
const ballastCalls = [
  'numpy.dtype',
  '_codecs.encode',
  ...['numpy.core', 'numpy._core'].flatMap((core) => [
    `${core}.multiarray.scalar`,
    `${core}.multiarray._reconstruct`,
  ]),
];

/** Storage classes by the name under which torch pickles them. */
const storageTypes: Readonly<Record<string, StoredType>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/**
 * Reads which tensors a checkpoint holds. Bytes are read later, tensor by tensor.
 *
 * @throws FoleyError 'weights-invalid' for damage, and for any Python object beyond dictionaries of tensors (named).
 */
export async function readTorchCheckpoint(source: ByteSource): Promise<TorchCheckpoint> {
  const head = await source.read(0, Math.min(4, source.byteLength));
  const isZip = head[0] === 0x50 && head[1] === 0x4b;
  const { root, storages } = isZip ? await readZipKind(source) : await readLegacyKind(source);
  const tensors = new Map<string, CheckpointTensor>();
  let totalBytes = 0;
  for (const [path, tensor] of namedTensors(root, source)) {
    const name = path.join('.');
    if (tensors.size >= mostTensors) throw invalid(source, `lists more than ${mostTensors} tensors`);
    if (tensors.has(name)) throw invalid(source, `has two tensors named ${JSON.stringify(name)}`);
    totalBytes += elementCount(tensor.shape) * bytesPerStoredElement(tensor.storage.storedType);
    if (totalBytes > mostExpansion * source.byteLength)
      throw invalid(source, 'describes far more than it holds');
    const holder = path.length > 1 ? String(path[0]) : null;
    tensors.set(name, checkpointTensor(name, holder, tensor, storages, source));
  }
  return tensors;
}

/** Where the bytes of one storage are. */
interface StorageBytes {
  readonly byteLength: number;
  read(): Promise<Uint8Array>;
  /** Bytes from `begin` to `end`, in pieces. Damage is noticed at the latest after the last. */
  pieces(begin: number, end: number): AsyncGenerator<Uint8Array>;
}
type Storages = ReadonlyMap<string, StorageBytes>;

const pieceBytes = 4 * 2 ** 20;

class StorageType extends PickleObject {
  constructor(readonly storedType: StoredType) {
    super();
  }
}

class ArrayType extends PickleObject {}

class Storage extends PickleObject {
  constructor(
    readonly key: string,
    readonly storedType: StoredType,
    readonly elements: number,
  ) {
    super();
  }
}

class StridedTensor extends PickleObject {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

async function readZipKind(source: ByteSource): Promise<{ root: PickleValue; storages: Storages }> {
  const entries = await readZipDirectory(source);
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) throw invalid(source, 'holds no data.pkl, or several');
  if (pickle.byteLength > longestPickleBytes)
    throw invalid(source, `has a pickle of ${pickle.byteLength} bytes`);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder !== undefined && byteOrder.byteLength <= 16) {
    const text = new TextDecoder().decode(await readZipEntry(source, byteOrder));
    if (text !== 'little') throw invalid(source, `has the byte order ${JSON.stringify(text)}`);
  }
  const bytes = await readZipEntry(source, pickle);
  const { value, end } = readPickle(bytes, 0, meaningsFor(source), source.name);
  if (end !== bytes.byteLength) throw invalid(source, 'has bytes after its pickle');
  const storages = new Map(
    [...entries.values()]
      .filter(({ name }) => name.startsWith(`${folder}data/`))
      .map((entry) => [entry.name.slice(folder.length + 'data/'.length), zippedStorage(source, entry)]),
  );
  return { root: value, storages };
}

/** A storage in an archive. Its sum covers all of it, so a part is only read once the whole was checked. */
function zippedStorage(source: ByteSource, entry: ZipEntry): StorageBytes {
  const { byteOffset, byteLength } = entry;
  let isChecked = false;
  return {
    byteLength,
    read: () => readZipEntry(source, entry),
    async *pieces(begin, end) {
      if (begin === 0 && end === byteLength) {
        yield* streamZipEntry(source, entry, pieceBytes);
        return;
      }
      if (!isChecked) for await (const _ of streamZipEntry(source, entry, pieceBytes));
      isChecked = true;
      yield* readPieces(source, byteOffset + begin, byteOffset + end);
    },
  };
}

async function* readPieces(source: ByteSource, begin: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = begin; at < end; at += pieceBytes)
    yield await source.read(at, Math.min(pieceBytes, end - at));
}

async function readLegacyKind(source: ByteSource): Promise<{ root: PickleValue; storages: Storages }> {
  const head = await source.read(0, Math.min(source.byteLength, longestPickleBytes));
  const known = new Map<string, Storage>();
  const meanings = meaningsFor(source, known);
  const magic = readPickle(head, 0, meanings, source.name);
  if (magic.value !== 0x1950a86a20f9469cfc6cn) throw invalid(source, 'is not a PyTorch checkpoint');
  const protocol = readPickle(head, magic.end, meanings, source.name);
  if (protocol.value !== 1001) throw invalid(source, 'has an unknown checkpoint version');
  const system = readPickle(head, protocol.end, meanings, source.name);
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) {
    throw invalid(source, 'was written with another byte order');
  }
  const root = readPickle(head, system.end, meanings, source.name);
  const keys = readPickle(head, root.end, meanings, source.name);
  if (!Array.isArray(keys.value)) throw invalid(source, 'has no list of storages');

  const storages = new Map<string, StorageBytes>();
  let offset = keys.end;
  for (const key of keys.value) {
    const storage = typeof key === 'string' ? known.get(key) : undefined;
    if (storage === undefined || storages.has(storage.key))
      throw invalid(source, 'lists a storage that no tensor has');
    const count = new DataView((await source.read(offset, 8)).buffer).getBigUint64(0, true);
    if (count !== BigInt(storage.elements)) throw invalid(source, `gives storage ${storage.key} two sizes`);
    const start = offset + 8;
    const byteLength = storage.elements * bytesPerStoredElement(storage.storedType);
    assertInside(source, start, byteLength);
    storages.set(storage.key, {
      byteLength,
      read: () => source.read(start, byteLength),
      pieces: (begin, end) => readPieces(source, start + begin, start + end),
    });
    offset = start + byteLength;
  }
  if (offset !== source.byteLength) throw invalid(source, 'has bytes after its last storage');
  return { root: root.value, storages };
}

/** The complete list of Python objects that are understood. `known` collects storages as they are met. */
function meaningsFor(source: ByteSource, known = new Map<string, Storage>()): PickleMeanings {
  const rebuildTensor = (args: readonly PickleValue[]): PickleValue => {
    const [storage, offset, shape, strides] = args;
    const sizes = counts(shape);
    const steps = counts(strides);
    const isSound =
      storage instanceof Storage && isCount(offset) && sizes !== null && steps?.length === sizes.length;
    if (!isSound || !isCount(elementCount(sizes)) || sizes.length > 8)
      throw invalid(source, 'has a malformed tensor');
    const count = elementCount(sizes);
    const last = offset + lastElement(sizes, steps);
    if (count > storage.elements || (count > 0 && last >= storage.elements)) {
      throw invalid(source, `has a tensor that reaches beyond storage ${storage.key}`);
    }
    return new StridedTensor(storage, offset, sizes, steps);
  };
  return {
    calls: new Map<string, (args: readonly PickleValue[]) => PickleValue>([
      ...ballastCalls.map((name) => [name, () => new Map()] as const),
      [
        'collections.OrderedDict',
        (args) => {
          if (args.length > 0) throw invalid(source, 'has an OrderedDict made of arguments');
          return new Map();
        },
      ],
      ['torch._utils._rebuild_tensor_v2', rebuildTensor],
      [
        'torch._utils._rebuild_parameter',
        ([data]) => {
          if (!(data instanceof StridedTensor)) throw invalid(source, 'has a malformed parameter');
          return data;
        },
      ],
    ]),
    names: new Map<string, PickleObject>([
      ...Object.entries(storageTypes).map(
        ([name, type]) => [`torch.${name}`, new StorageType(type)] as const,
      ),
      ['numpy.ndarray', new ArrayType()],
    ]),
    persistent: (id) => {
      const [kind, type, key, , elements, view] = id instanceof PickleTuple ? id.items : [];
      const isSound =
        kind === 'storage' && type instanceof StorageType && typeof key === 'string' && isCount(elements);
      if (!isSound || (view ?? null) !== null) throw invalid(source, 'has a malformed storage');
      const met = known.get(key);
      if (met === undefined) {
        const storage = new Storage(key, type.storedType, elements);
        known.set(key, storage);
        return storage;
      }
      if (met.storedType !== type.storedType || met.elements !== elements) {
        throw invalid(source, `describes storage ${JSON.stringify(key.slice(0, 40))} in two ways`);
      }
      return met;
    },
  };
}

type Path = readonly (string | number)[];

/** Walks dictionaries and lists. Values that hold themselves would be walked for ever, hence the limits. */
function* namedTensors(root: PickleValue, source: ByteSource): Generator<[Path, StridedTensor]> {
  let visited = 0;
  function* walk(value: PickleValue, path: Path): Generator<[Path, StridedTensor]> {
    visited += 1;
    if (visited > 10 * mostTensors || path.length > deepestNesting)
      throw invalid(source, 'is nested without an end');
    if (value instanceof StridedTensor) yield [path, value];
    else if (value instanceof Map) for (const [key, item] of value) yield* walk(item, [...path, key]);
    else if (value instanceof PickleTuple)
      for (const [i, item] of value.items.entries()) yield* walk(item, [...path, i]);
    else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* walk(item, [...path, i]);
  }
  yield* walk(root, []);
}

function checkpointTensor(
  name: string,
  holder: string | null,
  tensor: StridedTensor,
  storages: Storages,
  source: ByteSource,
): CheckpointTensor {
  const { storage, offset, shape, strides } = tensor;
  const elementBytes = bytesPerStoredElement(storage.storedType);
  const found = storages.get(storage.key);
  if (found?.byteLength !== storage.elements * elementBytes) {
    throw invalid(source, `lacks the storage of ${JSON.stringify(name)}, or has it in another size`);
  }
  const begin = offset * elementBytes;
  const end = begin + elementCount(shape) * elementBytes;
  const bytes = async (): Promise<Uint8Array> => {
    const whole = await found.read();
    return isContiguous(shape, strides)
      ? whole.subarray(begin, end)
      : packStrided(whole, elementBytes, offset, shape, strides);
  };
  return {
    name,
    holder,
    storedType: storage.storedType,
    shape,
    bytes,
    async *pieces() {
      if (isContiguous(shape, strides)) yield* found.pieces(begin, end);
      else yield await bytes();
    },
  };
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function counts(value: PickleValue | undefined): readonly number[] | null {
  return value instanceof PickleTuple && value.items.every(isCount)
    ? (value.items as readonly number[])
    : null;
}

function invalid(source: ByteSource, fault: string): FoleyError {
  return new FoleyError('weights-invalid', `${source.name} ${fault}`, {
    hint: 'The file is damaged or is not a PyTorch checkpoint of plain weights.',
  });
}
