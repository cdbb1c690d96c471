// Lists that have been put together, for those who ask for them again before
// anything in them has changed: their bytes, all of them, are then the same
// array, of which nothing is made anew, neither memory nor compressed bytes.
// A list is recognised by its objects, so none can be out of date.

import type { Entry } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ListResult } from "../request.ts";
import type { Encoding } from "./negotiate.ts";

/** Smaller ones are put together faster than they are recognised. */
const LIST_BYTES_MIN = 32 * 1024;
/** Of all clusters of the process together; what has not been asked for longest goes first. */
const TOTAL_BYTES_MAX = 48 * 1024 * 1024;
/** Lists that begin with the same object: of a namespace and of all, by selectors. */
const SAME_FIRST_MAX = 4;

interface Assembled {
  readonly first: Entry;
  readonly entries: readonly Entry[];
  readonly definition: ResourceDefinition;
  readonly encoding: Encoding;
  readonly metadata: string;
  readonly bytes: Uint8Array;
}

/** A bounded number of bytes of lists. */
export class AssembledLists {
  readonly #byFirst = new Map<Entry, Assembled[]>();
  /** The one asked for last comes last. */
  readonly #byAge = new Set<Assembled>();
  readonly #totalBytesMax: number;
  #totalBytes = 0;

  /** Keeps at most so many bytes. Default: 48 MiB. */
  constructor(totalBytesMax: number = TOTAL_BYTES_MAX) {
    this.#totalBytesMax = totalBytesMax;
  }

  /** How many bytes are kept. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** The bytes of a list, as `assemble` makes them; `undefined` if it makes none. */
  of<Bytes extends Uint8Array | undefined>(
    list: ListResult,
    definition: ResourceDefinition,
    encoding: Encoding,
    assemble: () => Bytes,
  ): Uint8Array | Bytes {
    const first = list.items[0]?.entry;
    if (first === undefined) return assemble();
    const metadata = metadataOf(list);
    const found = this.#byFirst.get(first)?.find((one) =>
      one.definition === definition && one.encoding === encoding && one.metadata === metadata &&
      sameEntries(one.entries, list)
    );
    if (found !== undefined) return this.#again(found).bytes;
    const bytes = assemble();
    if (bytes === undefined) return bytes;
    if (bytes.length >= LIST_BYTES_MIN && bytes.length <= this.#totalBytesMax) {
      const entries = entriesOf(list);
      if (entries !== undefined) {
        this.#keep({ first, entries, definition, encoding, metadata, bytes });
      }
    }
    return bytes;
  }

  /** Puts one that is asked for again behind all others. */
  #again(assembled: Assembled): Assembled {
    this.#byAge.delete(assembled);
    this.#byAge.add(assembled);
    const same = this.#byFirst.get(assembled.first)!;
    if (same.length > 1) same.push(...same.splice(same.indexOf(assembled), 1));
    return assembled;
  }

  #keep(assembled: Assembled): void {
    const { first, bytes } = assembled;
    let same = this.#byFirst.get(first);
    if (same === undefined) this.#byFirst.set(first, same = []);
    else if (same.length === SAME_FIRST_MAX) this.#forget(same[0]!);
    same.push(assembled);
    this.#byAge.add(assembled);
    this.#totalBytes += bytes.length;
    for (const oldest of this.#byAge) {
      if (this.#totalBytes <= this.#totalBytesMax) break;
      this.#forget(oldest);
    }
    // The last of them may have gone meanwhile.
    if (same.length > 0) this.#byFirst.set(first, same);
  }

  #forget(assembled: Assembled): void {
    this.#byAge.delete(assembled);
    this.#totalBytes -= assembled.bytes.length;
    const same = this.#byFirst.get(assembled.first);
    if (same === undefined) return;
    const at = same.indexOf(assembled);
    if (at >= 0) same.splice(at, 1);
    if (same.length === 0) this.#byFirst.delete(assembled.first);
  }
}

function metadataOf({ resourceVersion, continue: token, remainingItemCount }: ListResult): string {
  return `${resourceVersion} ${token ?? ""} ${remainingItemCount ?? ""}`;
}

function sameEntries(entries: readonly Entry[], { items }: ListResult): boolean {
  if (entries.length !== items.length) return false;
  for (let i = 0; i < entries.length; i++) if (entries[i] !== items[i]!.entry) return false;
  return true;
}

/** `undefined` when some are not as they are stored. */
function entriesOf({ items }: ListResult): Entry[] | undefined {
  const entries: Entry[] = [];
  for (const { entry } of items) {
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}
