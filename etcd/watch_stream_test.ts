// Watches of one stream, over a store and a client that reads when it is told
// to. What is said of them is what a real etcd 3.6.14 says.

import { assertEquals } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { KeyValueStore } from "./key_value_store.ts";
import type { WatchCreateRequest, WatchResponse } from "./proto/kv_messages.ts";
import { WatchStream } from "./watch_stream.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

class Fixture {
  readonly clock = new VirtualClock();
  readonly sent: WatchResponse[] = [];
  readonly store: KeyValueStore;
  readonly stream: WatchStream;
  /** How many more the client takes before it is behind. */
  room = Infinity;
  overrun = false;

  constructor() {
    this.store = new KeyValueStore({ committed: (commit) => this.stream.committed(commit) });
    this.stream = new WatchStream({
      store: this.store,
      clock: this.clock,
      header: () => ({ clusterId: 1n, memberId: 2n, revision: this.store.revision, raftTerm: 3 }),
      send: (response) => {
        this.sent.push(response);
        return --this.room > 0;
      },
      overrun: () => this.overrun = true,
    });
  }

  put(key: string, value = "", prevKv = false): void {
    const flags = { lease: 0n, prevKv, ignoreValue: false, ignoreLease: false };
    this.store.put({ key: bytes(key), value: bytes(value), ...flags });
  }

  watch(key: string, rangeEnd = "", more: Partial<WatchCreateRequest> = {}): void {
    const createRequest: WatchCreateRequest = {
      key: bytes(key),
      rangeEnd: bytes(rangeEnd),
      startRevision: 0,
      progressNotify: false,
      filters: [],
      prevKv: false,
      watchId: 0,
      fragment: false,
      ...more,
    };
    this.stream.receive({ createRequest });
  }

  /** The client reads what there is, and so many of what comes then. */
  read(room = Infinity): void {
    this.room = room;
    this.stream.drained();
  }

  /** What has been said since the last call, in short. */
  said(): string[] {
    return this.sent.splice(0).map((response) => {
      const { watchId, created, canceled, cancelReason, compactRevision, events, header } =
        response;
      const parts = [String(watchId)];
      if (created === true) parts.push("created");
      if (canceled === true) parts.push("canceled");
      if (cancelReason !== undefined) parts.push(cancelReason);
      if (compactRevision !== undefined) parts.push(`compacted ${compactRevision}`);
      for (const { type, kv, prevKv } of events) {
        const before = prevKv === undefined ? "" : ` was ${text(prevKv.value)}`;
        parts.push(`${type === 0 ? "put" : "delete"} ${text(kv.key)} ${kv.modRevision}${before}`);
      }
      return `${parts.join(", ")} @${header?.revision}`;
    });
  }
}

Deno.test("WatchStream refuses what etcd refuses, and takes what it takes", () => {
  const f = new Fixture();
  f.watch("a", "", { watchId: 7 });
  f.watch("a", "", { watchId: 7 });
  f.watch("z", "a");
  f.watch("a", "", { startRevision: -1 });
  f.watch("");
  f.stream.receive({ cancelRequest: { watchId: 7 } });
  f.stream.receive({ cancelRequest: { watchId: 7 } });
  assertEquals(f.said(), [
    "7, created @1",
    "-1, created, canceled, mvcc: duplicate watch ID provided on the WatchStream @1",
    "-1, created, canceled, mvcc: watcher range is empty @1",
    "-1, created, canceled, etcdserver: mvcc: required revision has been compacted @1",
    "0, created @1",
    "7, canceled @1",
  ]);
  // Without a key and an end it is the smallest key alone.
  f.put("a");
  f.put("\0");
  assertEquals(f.said(), ["0, put \0 3 @3"]);
});

Deno.test("WatchStream tells of history, but not of what was before it when that is compacted", () => {
  const f = new Fixture();
  for (const value of ["1", "2", "3", "4"]) f.put("a", value);
  f.store.compact(4);
  f.watch("a", "", { startRevision: 4, prevKv: true });
  f.watch("a", "", { startRevision: 3 });
  assertEquals(f.said(), [
    "0, created @5",
    "0, put a 4, put a 5 was 3 @5",
    "1, created @5",
    "1, canceled, compacted 4 @0",
  ]);
});

Deno.test("WatchStream sends history in messages of bounded size", () => {
  const f = new Fixture();
  for (let i = 0; i < 5; i++) f.put(`a${i}`, "x".repeat(600_000));
  f.watch("a", "b", { startRevision: 1 });
  assertEquals(f.said().slice(1), [
    "0, put a0 2, put a1 3 @6",
    "0, put a2 4, put a3 5 @6",
    "0, put a4 6 @6",
  ]);
});

Deno.test("WatchStream waits for a client that does not read, and then goes on where it was", () => {
  const f = new Fixture();
  f.watch("a");
  f.watch("a", "z");
  f.said();
  f.room = 1;
  f.put("a");
  for (let i = 0; i < 1000; i++) f.put("b");
  assertEquals(f.said(), ["0, put a 2 @2"]);
  f.put("a");
  f.read();
  const said = f.said();
  assertEquals([said.length, said[0]], [3, "0, put a 1003 @1003"]);
  assertEquals(said[1]?.split(", ").length, 1 + 1000);
  f.put("b");
  assertEquals(f.said(), ["1, put b 1004 @1004"]);
});

Deno.test("WatchStream serves all its watches in turn, however little its client reads", () => {
  const f = new Fixture();
  for (let i = 0; i < 3; i++) f.watch("a");
  f.said();
  f.room = 0;
  f.put("a");
  f.said();
  const told: string[] = [];
  for (let i = 0; i < 12; i++) {
    f.put("a");
    f.read(1);
    told.push(...f.said().map((line) => line.split(",")[0] as string));
  }
  assertEquals([0, 1, 2].map((id) => told.filter((one) => one === String(id)).length), [4, 4, 4]);
});

Deno.test("WatchStream cancels what waited so long that its history is gone", () => {
  const f = new Fixture();
  f.watch("a");
  f.room = 0;
  f.put("a");
  for (let i = 0; i < 5; i++) f.put("a");
  f.store.compact(6);
  f.said();
  f.read();
  assertEquals(f.said(), ["0, canceled, compacted 6 @0"]);
});

Deno.test("WatchStream ends when its client asks without end and does not read", () => {
  const f = new Fixture();
  f.room = 0;
  for (let i = 0; i < 10_002 && !f.overrun; i++) f.watch("z", "a");
  assertEquals(f.overrun, true);
});

Deno.test("WatchStream tells how far it is when all its watches are that far", () => {
  const f = new Fixture();
  const ask = () => {
    f.stream.receive({ progressRequest: {} });
    return f.said();
  };
  assertEquals(ask(), []);
  f.watch("a");
  f.said();
  assertEquals(ask(), ["-1 @1"]);
  f.watch("a", "", { startRevision: 3 });
  f.said();
  assertEquals(ask(), []);
  f.put("b");
  f.put("b");
  assertEquals(ask(), ["-1 @3"]);
});

Deno.test("WatchStream reports progress every ten minutes to watches that want it and heard nothing", async () => {
  const f = new Fixture();
  f.watch("a", "", { progressNotify: true });
  f.watch("a");
  f.put("b");
  f.said();
  await f.clock.advance(600_000);
  assertEquals(f.said(), ["0 @2"]);
  f.put("a");
  f.said();
  await f.clock.advance(600_000);
  assertEquals(f.said(), []);
  await f.clock.advance(600_000);
  assertEquals(f.said(), ["0 @3"]);
  f.stream.close();
  await f.clock.advance(600_000);
  assertEquals(f.said(), []);
});
