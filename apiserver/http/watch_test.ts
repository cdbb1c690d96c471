import { assert, assertEquals } from "@std/assert";
import type { Entry } from "../../runtime/store/types.ts";
import type { WatchResult, WatchStream } from "../request.ts";
import { WatchBody } from "./watch.ts";

/** What a watch without a limit would hold for a client that does not read. */
const EVENTS = 200;
const CHUNK_BYTES_MAX = 32 * 1024;

function event(i: number): WatchResult {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `c-${i}`, namespace: "default" },
    data: { text: "x".repeat(4096) },
  };
  const entry: Entry = {
    storage: "/configmaps",
    key: `default/c-${i}`,
    object,
    revision: i,
    encodings: new Map(),
  };
  return { type: "ADDED", object, entry };
}

/** A watch that gives these at once, and then waits. */
function streamOf(events: readonly WatchResult[]): WatchStream {
  let left = events;
  return {
    next: () => Promise.reject(new Error("Nobody pulls")),
    take() {
      const taken = left;
      left = [];
      return taken;
    },
    notify() {},
    close() {},
  };
}

/** What a client that has room for `room` pieces is sent. */
function pushed(body: WatchBody, room: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  body.pushTo({ write: (chunk) => chunks.push(chunk) < room, end() {} });
  return chunks;
}

Deno.test("WatchBody holds one small piece for a client that does not read, and the same for all", () => {
  const events = Array.from({ length: EVENTS }, (_, i) => event(i));
  const bodies = [
    events,
    // As another selector finds them.
    events.map((event) => ({ ...event })),
  ].map((events) => new WatchBody(streamOf(events), "json", undefined));
  const [first, second] = bodies.map((body) => pushed(body, 1));
  assertEquals([first!.length, second!.length], [1, 1]);
  assert(first![0]!.length <= CHUNK_BYTES_MAX);
  assert(first![0] === second![0]);
});

Deno.test("WatchBody shares no piece of other events, types or encodings", () => {
  const events = Array.from({ length: 3 }, (_, i) => event(i));
  const text = (events: readonly WatchResult[]) => {
    const body = new WatchBody(streamOf(events), "json", undefined);
    const lines = pushed(body, Infinity).map((chunk) => new TextDecoder().decode(chunk)).join("");
    return lines.trimEnd().split("\n").map((line) => JSON.parse(line)).map(
      ({ type, object }) => `${type} ${object.metadata.name}`,
    );
  };
  assertEquals(text(events), ["ADDED c-0", "ADDED c-1", "ADDED c-2"]);
  assertEquals(text(events.slice(1)), ["ADDED c-1", "ADDED c-2"]);
  assertEquals(text(events.slice(0, 2)), ["ADDED c-0", "ADDED c-1"]);
  const modified = events.map((event) => ({ ...event, type: "MODIFIED" as const }));
  assertEquals(text(modified), ["MODIFIED c-0", "MODIFIED c-1", "MODIFIED c-2"]);
  const protobuf = pushed(new WatchBody(streamOf(modified), "protobuf", undefined), 1);
  assertEquals([...protobuf[0]!.subarray(0, 2)], [0, 0]);
});

Deno.test("WatchBody sends everything in order to a client that reads piece by piece", () => {
  const events = Array.from({ length: EVENTS }, (_, i) => event(i));
  const body = new WatchBody(streamOf(events), "json", undefined);
  const chunks: Uint8Array[] = [];
  body.pushTo({ write: (chunk) => chunks.push(chunk) < 0, end() {} });
  for (let sent = 0; sent < chunks.length;) {
    sent = chunks.length;
    body.resume();
  }
  const lines = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("").trimEnd();
  const names = lines.split("\n").map((line) => JSON.parse(line).object.metadata.name);
  assertEquals(names, events.map((_, i) => `c-${i}`));
});
