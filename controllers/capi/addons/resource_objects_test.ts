import { assertEquals, assertThrows } from "@std/assert";
import { encodeBase64 } from "../../../runtime/base64.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { resourceObjects } from "./resource_objects.ts";

function source(kind: string, data?: Record<string, string>): KubeObject {
  return {
    apiVersion: "v1",
    kind,
    metadata: { namespace: "default", name: "a" },
    ...(data === undefined ? {} : { data }),
  };
}

const text = (kind: string, name: string) =>
  `{apiVersion: v1, kind: ${kind}, metadata: {name: ${name}}}`;

Deno.test("resourceObjects() reads documents key by key, each in the order of making", () => {
  const data = {
    b: `${text("Pod", "p")}\n---\n${text("Namespace", "n")}\n---\n`,
    a: JSON.stringify([
      { apiVersion: "v1", kind: "Service", metadata: { name: "s" } },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "t" } },
    ]),
  };
  const names = (kind: string, texts: Record<string, string>) =>
    resourceObjects(source(kind, texts)).objects.map((object) => object.kind);
  const wanted = ["Secret", "Service", "Namespace", "Pod"];
  assertEquals(names("ConfigMap", data), wanted);
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      encodeBase64(new TextEncoder().encode(value)),
    ]),
  );
  assertEquals(names("Secret", encoded), wanted);
  assertEquals(
    resourceObjects(source("Secret", encoded)).hash,
    resourceObjects(source("ConfigMap", data)).hash,
  );
});

Deno.test("resourceObjects() hashes the texts in the order of their keys", () => {
  const { hash } = resourceObjects(source("ConfigMap", { b: "", a: text("Pod", "p") }));
  assertEquals(
    hash,
    resourceObjects(source("ConfigMap", { a: text("Pod", "p"), c: "" })).hash,
  );
  assertEquals(hash.length, "sha256:".length + 64);
  assertEquals(
    hash === resourceObjects(source("ConfigMap", { a: text("Pod", "q") })).hash,
    false,
  );
});

Deno.test("resourceObjects() says where it does not understand", () => {
  const cases: [Record<string, string> | undefined, string][] = [
    [undefined, 'ConfigMap "default/a" has no data'],
    [{ k: "just words" }, 'ConfigMap "default/a", key "k": is no Kubernetes object'],
    [{ k: "{" }, 'ConfigMap "default/a", key "k": '],
  ];
  for (const [data, message] of cases) {
    assertThrows(() => resourceObjects(source("ConfigMap", data)), Error, message);
  }
});
