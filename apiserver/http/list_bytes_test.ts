import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { type ListParts, listPieces, wholeList } from "./list_bytes.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A list of items of these sizes; its head tells how long they are. */
function parts(sizes: readonly number[], asked: number[] = []): ListParts {
  const items = sizes.map((size, i) => encode(String(i % 10).repeat(size)));
  return {
    head: (bytes) => encode(`${bytes}[`),
    tellsLength: true,
    tail: encode("]"),
    count: items.length,
    before: (index) => encode(index === 0 ? "" : ","),
    item(index) {
      asked.push(index);
      return items[index]!;
    },
  };
}

async function collected(parts: ListParts): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of listPieces(parts)) pieces.push(piece);
  return pieces;
}

Deno.test("listPieces() gives what wholeList() does, in pieces of some size", async () => {
  const small = Array.from({ length: 1_000 }, (_, i) => i % 300);
  for (const sizes of [[], [5], small, [100_000, 1, 100_000, 100_000], [32 * 1024, 1]]) {
    const pieces = await collected(parts(sizes));
    assertEquals(pieces.map(decode).join(""), decode(wholeList(parts(sizes))!));
    assert(pieces.every((piece) => piece.length > 0 && piece.length <= 100_000));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert(pieces.length <= 3 + bytes / (16 * 1024));
  }
});

Deno.test("listPieces() hands large items over as they are, to all who ask", async () => {
  const list = parts([100_000, 10, 100_000]);
  const [one, other] = [await collected(list), await collected(list)];
  const large = (pieces: readonly Uint8Array[]) => pieces.filter(({ length }) => length >= 100_000);
  assertEquals(large(one).map(({ buffer }) => buffer), [0, 2].map((i) => list.item(i).buffer));
  assert(large(one).every(({ buffer }, i) => buffer === large(other)[i]!.buffer));
});

Deno.test("listPieces() makes no more than is asked for, and lets others have their turn", async () => {
  const asked: number[] = [];
  const list = parts(Array.from({ length: 50 }, () => 100_000), asked);
  const pieces = listPieces({ ...list, tellsLength: false });
  await pieces.next();
  await pieces.next();
  assertEquals(asked, [0]);
  let turns = 0;
  let over = false;
  const turn = () => void (over || (turns++, setImmediate(turn)));
  setImmediate(turn);
  for await (const _piece of pieces);
  over = true;
  assert(turns >= 4);
});

Deno.test("wholeList() leaves lists that are too large alone", () => {
  const asked: number[] = [];
  assertEquals(wholeList(parts([600, 600, 600], asked), 1_000), undefined);
  assertEquals(asked, [0, 1]);
});
