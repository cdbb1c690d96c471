import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { adminUser } from "../../runtime/user.ts";
import { ApiServer } from "../server.ts";
import { fetchAdapter } from "./fetch.ts";
import { MemoryCeiling } from "./memory_ceiling.ts";

Deno.test("MemoryCeiling refuses new lists and watches beyond it, and nothing else", async () => {
  const clock = new VirtualClock(0);
  let resident = 10;
  const memory = new MemoryCeiling({ limit_bytes: 100, clock, resident: () => resident });
  const server = new ApiServer({ clock, http: { memory } });
  const send = fetchAdapter(server.handler, { user: adminUser });
  const ask = async (path: string, body?: unknown) => {
    const response = await send(
      new Request(`https://any${path}`, {
        ...(body === undefined ? {} : {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      }),
    );
    return response;
  };
  const maps = "/api/v1/namespaces/default/configmaps";
  const watch = await ask(`${maps}?watch=true`);
  const reader = watch.body!.pipeThrough(new TextDecoderStream()).getReader();
  resident = 101;
  await clock.advance(1000);
  for (const path of [maps, `${maps}?watch=true`]) {
    const refused = await ask(path);
    assertEquals([refused.status, refused.headers.get("retry-after"), await refused.text()], [
      429,
      "1",
      "Too many requests, please try again later.\n",
    ]);
  }
  // What has been accepted goes on, and so do writes and single reads.
  const made = await ask(maps, { metadata: { name: "a" } });
  assertEquals(made.status, 201);
  await made.body?.cancel();
  const got = await ask(`${maps}/a`);
  assertEquals(got.status, 200);
  await got.body?.cancel();
  assertEquals(JSON.parse((await reader.read()).value!).object.metadata.name, "a");
  await reader.cancel();
  resident = 10;
  await clock.advance(1000);
  const listed = await ask(maps);
  assertEquals((await listed.json()).items.length, 1);
  server.close();
});
