import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { connectedPair } from "./connected_pair.ts";

const settled = () => new Promise((next) => setTimeout(next, 10));

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const part of stream) text += part;
  return text;
}

Deno.test("connectedPair() without half-open ends tells nothing to who has hung up", async () => {
  const [near, far] = connectedPair({ halfOpen: false });
  far.on("end", () => far.end("too late"));
  far.resume();
  near.end("goodbye");
  let heard = "";
  for await (const chunk of near) heard += String(chunk);
  assertEquals(heard, "");
});

Deno.test("connectedPair() carries bytes both ways, and each direction's end by itself", async () => {
  const [near, far] = connectedPair();
  far.write("from far");
  near.end("from near");
  assertEquals(await textOf(far.iterator({ destroyOnReturn: false })), "from near");
  far.end(", later");
  assertEquals(await textOf(near), "from far, later");
  await settled();
  assertEquals([near.destroyed, far.destroyed], [true, true]);
});

Deno.test("connectedPair() makes writers wait for readers", async () => {
  const [near, far] = connectedPair();
  let written = 0;
  for (let i = 0; i < 20; i++) near.write(Buffer.alloc(64 * 1024), () => written++);
  await settled();
  assertEquals(written < 4, true);
  far.resume();
  await settled();
  assertEquals(written, 20);
  near.destroy();
});

Deno.test("connectedPair() ends one side when the other is gone, after what it has said", async () => {
  const [near, far] = connectedPair();
  far.on("error", () => {});
  near.write("last words");
  near.destroy();
  assertEquals(await textOf(far), "last words");
  await settled();
  assertEquals(far.destroyed, true);
});

Deno.test("connectedPair() lets a side that has read everything go with the other", async () => {
  const [near, far] = connectedPair();
  near.end();
  assertEquals(await textOf(far.iterator({ destroyOnReturn: false })), "");
  near.destroy();
  await settled();
  assertEquals(far.destroyed, true);
});
