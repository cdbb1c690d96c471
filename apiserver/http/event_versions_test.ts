// Events have no watch cache: what is said of versions is etcd's word. And
// what a bookmark of a built-in kind looks like.

import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { adminUser } from "../../runtime/user.ts";
import { ApiServer } from "../server.ts";
import { fetchAdapter } from "./fetch.ts";

const FUTURE = "resourceVersion=900000000000";

Deno.test("reads of future and wrong versions are told what the kind's storage says", async () => {
  const server = new ApiServer({ clock: new VirtualClock() });
  using _closing = { [Symbol.dispose]: () => server.close() };
  const fetch = fetchAdapter(server.handler, { user: adminUser });
  const ask = async (path: string) => {
    const response = await fetch(new Request(`https://localhost/api/v1/${path}`));
    const { message } = await response.json();
    return [response.status, response.headers.get("retry-after"), message];
  };
  const current = server.store.revision;
  const tooLarge = `Timeout: Too large resource version: 900000000000, current: ${current}`;
  const bad =
    `resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax`;
  const config = "namespaces/default/configmaps";
  const events = "namespaces/default/events";
  assertEquals(await ask(`${config}?${FUTURE}`), [504, "1", tooLarge]);
  assertEquals(await ask(`${events}?${FUTURE}`), [504, null, tooLarge]);
  assertEquals(await ask(`${config}/a?${FUTURE}`), [504, "1", tooLarge]);
  assertEquals(await ask(`${events}/a?${FUTURE}`), [504, null, tooLarge]);
  assertEquals(await ask(`${config}/a?resourceVersion=abc`), [500, null, bad]);
  assertEquals(await ask(`${events}/a?resourceVersion=abc`), [
    400,
    null,
    `invalid resource version: ${bad}`,
  ]);
});

Deno.test("a bookmark of a built-in kind holds what an empty object of it would", async () => {
  const server = new ApiServer({ clock: new VirtualClock() });
  using _closing = { [Symbol.dispose]: () => server.close() };
  const fetch = fetchAdapter(server.handler, { user: adminUser });
  const query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true" +
    "&resourceVersionMatch=NotOlderThan";
  const path = `https://localhost/api/v1/namespaces/default/pods?${query}`;
  const response = await fetch(new Request(path));
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  const { type, object } = JSON.parse(new TextDecoder().decode(value));
  delete object.metadata.resourceVersion;
  assertEquals({ type, object }, {
    type: "BOOKMARK",
    object: {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
      spec: { containers: null },
      status: {},
    },
  });
});

Deno.test("a watch of tables tells the age that an object has when it is sent", async () => {
  const clock = new VirtualClock();
  const server = new ApiServer({ clock });
  using _closing = { [Symbol.dispose]: () => server.close() };
  const fetch = fetchAdapter(server.handler, { user: adminUser });
  const path = "https://localhost/api/v1/namespaces/default/configmaps";
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const watch = await fetch(new Request(`${path}?watch=1`, { headers: { accept } }));
  const reader = watch.body!.getReader();
  await clock.advance(60_000);
  const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "late" } });
  const headers = { "content-type": "application/json" };
  await fetch(new Request(path, { method: "POST", headers, body }));
  let text = "";
  while (!text.includes('"late"')) {
    const { value } = await reader.read();
    text = new TextDecoder().decode(value);
  }
  await reader.cancel();
  assertEquals(JSON.parse(text).object.rows[0].cells, ["late", 0, "0s"]);
});
