import { assertEquals, assertThrows } from "@std/assert";
import { readKubeconfig, writeKubeconfig } from "./kubeconfig.ts";

Deno.test("readKubeconfig() reads what writeKubeconfig() wrote", () => {
  const access = {
    cluster: "management",
    server: "https://127.0.0.1:16443",
    authority: "authority",
    user: "kubernetes-admin",
    certificate: "certificate",
    key: "key",
    namespace: "default",
  };
  assertEquals(readKubeconfig(writeKubeconfig(access)), access);
});

Deno.test("readKubeconfig() says what is missing", () => {
  assertThrows(
    () => readKubeconfig("a: b"),
    TypeError,
    'no entry "" in its contexts',
  );
});
