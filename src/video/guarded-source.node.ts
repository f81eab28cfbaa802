/** @file A file for mediabunny to read that notices when it goes round in circles. */
import { FilePathSource } from 'mediabunny';

/** mediabunny's internal way of reading; not in its types, so the version is pinned and the damage test holds it. */
interface InternalSource {
  _read(start: number, end: number, minReadPosition: number, maxReadPosition: number): unknown;
}

/** No parser has a reason to ask for the very same bytes this often in a row. */
const MAX_SAME_READS = 10_000;

/**
 * In mediabunny 1.61 the search for the next element behind junk in a Matroska file reads the last eight bytes for
 * ever, without giving anything else a turn. A reader can only be stopped from below: this source throws.
 */
export class GuardedFileSource extends FilePathSource {
  #lastStart = -1;
  #lastEnd = -1;
  #sameReads = 0;

  _read(start: number, end: number, minReadPosition: number, maxReadPosition: number): unknown {
    const isSame = start === this.#lastStart && end === this.#lastEnd;
    this.#sameReads = isSame ? this.#sameReads + 1 : 0;
    this.#lastStart = start;
    this.#lastEnd = end;
    if (this.#sameReads > MAX_SAME_READS) throw new Error(`no element can be found behind byte ${start}`);
    const base = FilePathSource.prototype as unknown as InternalSource;
    return base._read.call(this, start, end, minReadPosition, maxReadPosition);
  }
}
