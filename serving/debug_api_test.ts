import { assertEquals } from "@std/assert";
import { answerOf } from "./_requests_for_test.ts";
import { serveDebugApi } from "./debug_api.ts";

Deno.test("serveDebugApi() tells of clusters and makes outages", async () => {
  let serving = true;
  const serve = serveDebugApi({
    clusters: ["ns/a"],
    describe: (cluster) =>
      cluster === "ns/a"
        ? {
          name: cluster,
          host: "127.0.0.1",
          port: 20000,
          serving,
          apiServers: ["a-0"],
          etcdMembers: ["a-0"],
        }
        : undefined,
    suspend: () => Promise.resolve(void (serving = false)),
    release: () => Promise.resolve(void (serving = true)),
  });
  const info = (active: boolean) =>
    JSON.stringify({
      Host: "127.0.0.1",
      Port: 20000,
      ListenerActive: active,
      ResourceGroup: "ns/a",
      APIServers: ["a-0"],
      EtcdMembers: ["a-0"],
    }) + "\n";
  const at = "/namespaces/ns/clusters/a";
  assertEquals(await answerOf(serve, "/"), [200, "ok"]);
  assertEquals(await answerOf(serve, "/listeners"), [200, '{"ns/a":"127.0.0.1:20000"}\n']);
  assertEquals(await answerOf(serve, at), [200, info(true)]);
  const post = (body: string) => answerOf(serve, `${at}/listener`, { method: "POST", body });
  assertEquals(await post("stop"), [200, info(false)]);
  assertEquals(await post("anything"), [200, info(false)]);
  assertEquals(await post("start\n"), [200, info(true)]);
  assertEquals((await answerOf(serve, `${at}/listener`))[0], 405);
  assertEquals((await answerOf(serve, at, { method: "POST" }))[0], 405);
  assertEquals((await answerOf(serve, "/namespaces/ns/clusters/b"))[0], 404);
  assertEquals((await answerOf(serve, "/namespaces"))[0], 404);
});
