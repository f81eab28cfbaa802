/** @file A write-only protobuf encoder: as much of the wire format as an ONNX file needs. */

/** Collects the fields of one message. Field numbers are given by the caller, from `onnx.proto`. */
export class ProtobufWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Varint field; negative numbers take ten bytes, as protobuf's int64 does. */
  int(field: number, value: number | bigint): this {
    this.#varint(BigInt(field) << 3n);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  /** 32-bit float field. */
  float(field: number, value: number): this {
    this.#varint((BigInt(field) << 3n) | 5n);
    const scratch = new Uint8Array(4);
    new DataView(scratch.buffer).setFloat32(0, value, true);
    this.#append(scratch);
    return this;
  }

  /** Length-delimited field: text, raw bytes, or a nested message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): this {
    const content =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof ProtobufWriter
          ? value.finish()
          : value;
    this.#varint((BigInt(field) << 3n) | 2n);
    this.#varint(BigInt(content.length));
    this.#append(content);
    return this;
  }

  /** The message so far; the view is valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: bigint): void {
    const groups: number[] = [];
    let rest = value;
    do {
      const group = Number(rest & 0x7fn);
      rest >>= 7n;
      groups.push(rest > 0n ? group | 0x80 : group);
    } while (rest > 0n);
    this.#append(Uint8Array.from(groups));
  }

  #append(content: Uint8Array): void {
    if (this.#length + content.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + content.length));
      grown.set(this.finish());
      this.#bytes = grown;
    }
    this.#bytes.set(content, this.#length);
    this.#length += content.length;
  }
}
