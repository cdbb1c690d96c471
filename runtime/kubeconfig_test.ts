import { assertEquals, assertThrows } from "@std/assert";
import { writeKubeconfig } from "./kubeconfig.ts";
import { readKubeconfig } from "./read_kubeconfig.ts";

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

Deno.test("writeKubeconfig() keeps every text what it is", () => {
  for (
    const name of ["yes", "12", "a: b", 'quo"te', "-", "#x", "system:node:a", " ", "é", "a\nb", "~"]
  ) {
    const access = {
      cluster: name,
      server: "https://[::1]:1",
      authority: "",
      user: name,
      token: name,
    };
    assertEquals(readKubeconfig(writeKubeconfig(access)), access);
  }
  const named = {
    cluster: "a",
    server: "https://h:1",
    authority: "x",
    user: "u",
    serverName: "a.ns.local",
  };
  assertEquals(readKubeconfig(writeKubeconfig(named)), named);
});

Deno.test("readKubeconfig() says what is missing", () => {
  assertThrows(
    () => readKubeconfig("a: b"),
    TypeError,
    'no entry "" in its contexts',
  );
});
