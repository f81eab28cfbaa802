/** @file A pickle reader that builds plain data and never calls anything: the globals it knows are a fixed list. */
import { FoleyError } from '../errors/foley-error.js';

// Opcodes: CPython Lib/pickletools.py. The subset is what torch.save writes with protocols 2 to 4.

/** A Python tuple; lists are arrays. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Whatever the caller's `reduce` and `persistent` make. The reader only passes it on. */
export abstract class PickleObject {
  readonly isPickleObject = true;
}

class PickleGlobal {
  constructor(readonly name: string) {}
}

export type PickleDictionary = Map<string | number, PickleValue>;
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | PickleTuple
  | PickleDictionary
  | PickleObject;

type StackItem = PickleValue | PickleGlobal;

/** How the allowed globals are understood. */
export interface PickleMeanings {
  /** Global names, `module.name`, mapped to what calling them with the arguments makes. */
  readonly calls: ReadonlyMap<string, (args: readonly PickleValue[]) => PickleValue>;
  /** Global names that may be mentioned without being called, mapped to what they stand for. */
  readonly names: ReadonlyMap<string, PickleObject>;
  /** What a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
}

const mostSteps = 20_000_000;

/**
 * Reads one pickle.
 *
 * @param offset where it begins in `bytes`.
 * @returns its value and where it ends.
 * @throws FoleyError 'weights-invalid' for damage, for any other opcode, and for any global that has no meaning here.
 */
export function readPickle(
  bytes: Uint8Array,
  offset: number,
  meanings: PickleMeanings,
  source: string,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new Machine(bytes, offset, meanings, source);
  return { value: machine.run(), end: machine.at };
}

class Machine {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #meanings: PickleMeanings;
  readonly #source: string;
  readonly #memo = new Map<number, StackItem>();
  #stack: StackItem[] = [];
  readonly #marked: StackItem[][] = [];

  constructor(bytes: Uint8Array, offset: number, meanings: PickleMeanings, source: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#meanings = meanings;
    this.#source = source;
    this.at = offset;
  }

  run(): PickleValue {
    for (let step = 0; step < mostSteps; step++) {
      const opcode = this.#bytes[this.#take(1)]!;
      if (opcode === 0x2e) {
        const value = this.#popValue(); // STOP
        if (this.#stack.length > 0 || this.#marked.length > 0)
          throw this.#invalid('leaves values on its stack');
        return value;
      }
      this.#execute(opcode);
    }
    throw this.#invalid(`takes more than ${mostSteps} steps`);
  }

  #execute(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        this.#checkProtocol(this.#uint8());
        break;
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x28: // MARK
        this.#marked.push(this.#stack);
        this.#stack = [];
        break;
      case 0x4e: // NONE
        this.#push(null);
        break;
      case 0x88: // NEWTRUE
        this.#push(true);
        break;
      case 0x89: // NEWFALSE
        this.#push(false);
        break;
      case 0x4b: // BININT1
        this.#push(this.#uint8());
        break;
      case 0x4d: // BININT2
        this.#push(this.#view.getUint16(this.#take(2), true));
        break;
      case 0x4a: // BININT
        this.#push(this.#view.getInt32(this.#take(4), true));
        break;
      case 0x8a: // LONG1
        this.#push(this.#long(this.#uint8()));
        break;
      case 0x47: // BINFLOAT
        this.#push(this.#view.getFloat64(this.#take(8), false));
        break;
      case 0x58: // BINUNICODE
        this.#push(this.#text(this.#uint32()));
        break;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING, written by Python 2
        this.#push(this.#text(this.#uint8()));
        break;
      case 0x29: // EMPTY_TUPLE
        this.#push(new PickleTuple([]));
        break;
      case 0x85: // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        this.#push(new PickleTuple(this.#popValues(opcode - 0x84)));
        break;
      case 0x74: // TUPLE
        this.#push(new PickleTuple(this.#popMarked()));
        break;
      case 0x5d: // EMPTY_LIST
        this.#push([]);
        break;
      case 0x61: // APPEND
        this.#append(this.#popValues(1));
        break;
      case 0x65: // APPENDS
        this.#append(this.#popMarked());
        break;
      case 0x7d: // EMPTY_DICT
        this.#push(new Map());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popValues(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popMarked());
        break;
      case 0x71: // BINPUT
        this.#remember(this.#uint8());
        break;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#uint32());
        break;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        break;
      case 0x68: // BINGET
        this.#recall(this.#uint8());
        break;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#uint32());
        break;
      case 0x63: // GLOBAL
        this.#pushGlobal(`${this.#line()}.${this.#line()}`);
        break;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popValues(2);
        this.#pushGlobal(`${String(module)}.${String(name)}`);
        break;
      }
      case 0x52: // REDUCE
        this.#reduce();
        break;
      case 0x62: // BUILD: attributes of a dictionary (a state_dict's versions), which carry no weights
        this.#popValues(1);
        if (!(this.#peek() instanceof Map)) throw this.#invalid('sets attributes of an object');
        break;
      case 0x51: // BINPERSID
        this.#push(this.#meanings.persistent(this.#popValue()));
        break;
      default:
        throw this.#invalid(`uses opcode 0x${opcode.toString(16)}, which a checkpoint does not need`);
    }
  }

  #checkProtocol(protocol: number): void {
    if (protocol < 2 || protocol > 5) throw this.#invalid(`has protocol ${protocol}`);
  }

  #pushGlobal(name: string): void {
    const item =
      this.#meanings.names.get(name) ?? (this.#meanings.calls.has(name) ? new PickleGlobal(name) : null);
    if (item !== null) {
      this.#push(item);
      return;
    }
    const shown = JSON.stringify(name.slice(0, 120));
    throw new FoleyError(
      'weights-invalid',
      `${this.#source} asks for the Python object ${shown}, which is not weights`,
      {
        hint: 'Only plain dictionaries of tensors are read. Save the state_dict alone, best as safetensors.',
      },
    );
  }

  #reduce(): void {
    const args = this.#popValue();
    const callee = this.#stack.pop();
    if (!(callee instanceof PickleGlobal) || !(args instanceof PickleTuple))
      throw this.#invalid('calls something odd');
    this.#push(this.#meanings.calls.get(callee.name)!(args.items));
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#peek();
    if (!Array.isArray(list)) throw this.#invalid('appends to something that is no list');
    for (const value of values) list.push(value);
  }

  #setItems(pairs: readonly PickleValue[]): void {
    const dictionary = this.#peek();
    if (!(dictionary instanceof Map) || pairs.length % 2 !== 0)
      throw this.#invalid('fills something that is no dictionary');
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i]!;
      if (typeof key !== 'string' && typeof key !== 'number')
        throw this.#invalid('has a key that is neither text nor number');
      if (dictionary.has(key)) throw this.#invalid(`holds ${JSON.stringify(key)} twice`);
      dictionary.set(key, pairs[i + 1]!);
    }
  }

  #remember(index: number): void {
    const top = this.#stack.at(-1);
    if (top === undefined) throw this.#invalid('remembers nothing');
    this.#memo.set(index, top);
  }

  #recall(index: number): void {
    const item = this.#memo.get(index);
    if (item === undefined) throw this.#invalid(`recalls ${index}, which it never saw`);
    this.#push(item);
  }

  #push(item: StackItem): void {
    this.#stack.push(item);
  }

  #peek(): StackItem {
    const item = this.#stack.at(-1);
    if (item === undefined) throw this.#invalid('takes from an empty stack');
    return item;
  }

  #popValue(): PickleValue {
    const item = this.#peek();
    this.#stack.pop();
    return this.#asValue(item);
  }

  #popValues(count: number): PickleValue[] {
    if (this.#stack.length < count) throw this.#invalid('takes from an empty stack');
    return this.#stack.splice(this.#stack.length - count).map((item) => this.#asValue(item));
  }

  #popMarked(): PickleValue[] {
    const items = this.#stack;
    const below = this.#marked.pop();
    if (below === undefined) throw this.#invalid('has no mark');
    this.#stack = below;
    return items.map((item) => this.#asValue(item));
  }

  #asValue(item: StackItem): PickleValue {
    if (item instanceof PickleGlobal) throw this.#invalid(`keeps ${item.name} without calling it`);
    return item;
  }

  /** Moves past `count` bytes and returns where they begin. */
  #take(count: number): number {
    const start = this.at;
    if (start + count > this.#bytes.byteLength) throw this.#invalid('is cut off');
    this.at += count;
    return start;
  }

  #uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Two's complement, little-endian. */
  #long(count: number): number | bigint {
    const start = this.#take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    const signed = BigInt.asIntN(count * 8, value);
    const small = Number(signed);
    return Number.isSafeInteger(small) ? small : signed;
  }

  #text(count: number): string {
    const start = this.#take(count);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(start, start + count),
      );
    } catch (error) {
      throw this.#invalid('holds text that is no UTF-8', error);
    }
  }

  #line(): string {
    const start = this.at;
    const end = this.#bytes.indexOf(0x0a, start);
    if (end < 0 || end - start > 256) throw this.#invalid('has a name without an end');
    this.at = end + 1;
    return String.fromCharCode(...this.#bytes.subarray(start, end));
  }

  #invalid(fault: string, cause?: unknown): FoleyError {
    return new FoleyError('weights-invalid', `${this.#source}: the pickle inside ${fault}`, {
      hint: 'The file is damaged or is not a PyTorch checkpoint: fetch it again.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
