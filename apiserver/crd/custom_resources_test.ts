// Holds the life of definitions and their instances to the recorded one
// (oracle areas crd and cr), from outside of the server.

import { VirtualClock } from "../../runtime/clock.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { ApiServer } from "../server.ts";

const CRDS = { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" };

function definition(plural: string, more: JsonObject = {}, version: JsonObject = {}): KubeObject {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.e.example` },
    spec: {
      group: "e.example",
      scope: "Namespaced",
      names: { plural, kind },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  a: { type: "string", default: "x" },
                  n: { type: "integer", minimum: 1 },
                },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
        ...version,
      }],
      ...more,
    },
  };
}

function instance(name: string, spec: JsonObject, metadata: JsonObject = {}): KubeObject {
  return {
    apiVersion: "e.example/v1",
    kind: "Gizmo",
    metadata: { name, namespace: "default", ...metadata },
    spec,
  };
}

const GIZMOS = { apiVersion: "e.example/v1", resource: "gizmos" };

async function withServer(
  run: (client: ReturnType<ApiServer["client"]>, clock: VirtualClock) => Promise<void>,
) {
  const clock = new VirtualClock();
  const server = new ApiServer({ clock });
  try {
    await run(server.client(), clock);
  } finally {
    server.close();
  }
}

function conditions(crd: KubeObject): string[] {
  const list = crd["status"].conditions as { type: string; status: string; reason: string }[];
  return list.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

Deno.test("CustomResources serves a definition as soon as it is written", () =>
  withServer(async (client) => {
    const created = await client.create(CRDS, definition("gizmos"));
    assertEquals(created["status"].storedVersions, ["v1"]);
    assertEquals(created["status"].conditions, null);
    const object = await client.create(GIZMOS, instance("a", { n: 2, unknown: true }));
    assertEquals(object["spec"], { n: 2, a: "x" });
    assertEquals(object.metadata.generation, 1);
    const crd = await client.get(CRDS, { name: "gizmos.e.example" });
    assertEquals(conditions(crd), [
      "NamesAccepted=True NoConflicts",
      "Established=True InitialNamesAccepted",
    ]);
    assertEquals(crd["status"].acceptedNames, {
      plural: "gizmos",
      singular: "gizmo",
      kind: "Gizmo",
      listKind: "GizmoList",
    });
    await assertRejects(
      () => client.create(GIZMOS, instance("b", { n: 0 })),
      StatusError,
      "spec.n in body should be greater than or equal to 1",
    );
  }));

Deno.test("CustomResources refuses names that are in use until they are free", () =>
  withServer(async (client, clock) => {
    await client.create(CRDS, definition("gizmos"));
    const other = definition("widgets", {
      names: { plural: "widgets", kind: "Widget", shortNames: ["gizmo"] },
    });
    await client.create(CRDS, other);
    let crd = await client.get(CRDS, { name: "widgets.e.example" });
    assertEquals(conditions(crd), [
      "NamesAccepted=False ShortNamesConflict",
      "Established=False NotAccepted",
    ]);
    await client.delete(CRDS, { name: "gizmos.e.example" });
    await clock.advance(1000);
    crd = await client.get(CRDS, { name: "widgets.e.example" });
    assertEquals(conditions(crd), [
      "NamesAccepted=True NoConflicts",
      "Established=True InitialNamesAccepted",
    ]);
  }));

Deno.test("CustomResources deletes instances before their definition", () =>
  withServer(async (client, clock) => {
    await client.create(CRDS, definition("gizmos"));
    await client.create(GIZMOS, instance("a", {}));
    await client.create(GIZMOS, instance("held", {}, { finalizers: ["e.example/hold"] }));
    await client.delete(CRDS, { name: "gizmos.e.example" });
    const { items } = await client.list(GIZMOS);
    assertEquals(items.map(({ metadata }) => metadata.name), ["held"]);
    assert(items[0]!.metadata.deletionTimestamp !== undefined);
    const crd = await client.get(CRDS, { name: "gizmos.e.example" });
    assertEquals(conditions(crd).at(-1), "Terminating=True InstanceDeletionInProgress");
    await assertRejects(
      () => client.create(GIZMOS, instance("late", {})),
      StatusError,
      "create not allowed while custom resource definition is terminating",
    );
    await clock.advance(1000);
    const held = items[0]!;
    const { finalizers: _, ...metadata } = held.metadata;
    await client.update(GIZMOS, { ...held, metadata });
    await assertRejects(
      () => client.get(CRDS, { name: "gizmos.e.example" }),
      StatusError,
      "not found",
    );
  }));

Deno.test("CustomResources follows changes of versions", () =>
  withServer(async (client) => {
    const crd = await client.create(CRDS, definition("gizmos"));
    await client.create(GIZMOS, instance("a", { n: 1 }));
    const live = await client.get(CRDS, { name: crd.metadata.name! });
    const [v1] = live["spec"].versions;
    const versions = [{ ...v1, storage: false }, { ...v1, name: "v2" }];
    await client.update(CRDS, { ...live, spec: { ...live["spec"], versions } });
    const v2 = { apiVersion: "e.example/v2", resource: "gizmos" };
    const read = await client.get(v2, { namespace: "default", name: "a" });
    assertEquals(read.apiVersion, "e.example/v2");
    const now = await client.get(CRDS, { name: crd.metadata.name! });
    assertEquals(now["status"].storedVersions, ["v1", "v2"]);
    const off = versions.map((version) => ({ ...version, served: version.name === "v1" }));
    await client.update(CRDS, { ...now, spec: { ...now["spec"], versions: off } });
    await assertRejects(() => client.get(v2, { namespace: "default", name: "a" }), StatusError);
  }));

Deno.test("CustomResources keeps spec and status apart when there is a status subresource", () =>
  withServer(async (client) => {
    await client.create(CRDS, definition("gizmos", {}, { subresources: { status: {} } }));
    const created = await client.create(GIZMOS, { ...instance("a", {}), status: { up: true } });
    assertEquals(created["status"], undefined);
    const status = { ...created, spec: { n: 7 }, status: { up: true } };
    const updated = await client.update(GIZMOS, status, { subresource: "status" });
    assertEquals([updated["spec"], updated["status"]], [{ a: "x" }, { up: true }]);
    assertEquals(updated.metadata.generation, 1);
    const changed = await client.update(GIZMOS, { ...updated, spec: { n: 7 }, status: {} });
    assertEquals([changed["spec"], changed["status"]], [{ n: 7, a: "x" }, { up: true }]);
    assertEquals(changed.metadata.generation, 2);
  }));

Deno.test("CustomResources store no nulls in metadata that is applied", () =>
  withServer(async (client) => {
    await client.create(CRDS, definition("gizmos"));
    const config = { ...instance("a", {}), metadata: { name: "a", labels: null } };
    const applied = await client.patch(
      GIZMOS,
      { name: "a", namespace: "default" },
      "apply",
      config as unknown as JsonObject,
      { fieldManager: "m" },
    );
    assertEquals("labels" in applied.metadata, false);
  }));
