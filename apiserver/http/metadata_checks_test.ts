// How often and in which order clients are told what is wrong with metadata,
// which differs from kind to kind, and what comes before a patch is read.

import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject } from "../../runtime/object.ts";
import { adminUser } from "../../runtime/user.ts";
import { ApiServer } from "../server.ts";
import { fetchAdapter } from "./fetch.ts";

type Ask = (method: string, path: string, body: unknown, type?: string) => Promise<JsonObject>;

async function withServer(act: (ask: Ask) => Promise<void>): Promise<void> {
  const server = new ApiServer({ clock: new VirtualClock() });
  const fetch = fetchAdapter(server.handler, { user: adminUser });
  try {
    await act(async (method, path, body, type = "application/json") => {
      const request = new Request(`https://localhost${path}`, {
        method,
        headers: { "content-type": type, accept: TABLE_OR_OBJECT[path] ?? "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return await (await fetch(request)).json();
    });
  } finally {
    server.close();
  }
}

const TABLE_OR_OBJECT: Record<string, string> = {
  "/api/v1/limitranges": "application/json;as=Table;v=v1;g=meta.k8s.io",
  "/api/v1/secrets": "application/json;as=Table;v=v1;g=meta.k8s.io",
};
const MERGE = "application/merge-patch+json";

/** One letter a cause: L label, P finalizer as such, K finalizer unknown to Kubernetes. */
function causes(status: JsonObject): string {
  const { details } = status as { details?: { causes?: { field: string; message: string }[] } };
  return (details?.causes ?? []).map(({ field, message }) =>
    field === "metadata.labels" ? "L" : message.includes("name part") ? "P" : "K"
  ).join("");
}

Deno.test("an update tells what is wrong with metadata as often as its kind looks at it", async () => {
  const cases: [path: string, apiVersion: string, kind: string, spec: unknown, told: string][] = [
    ["/api/v1/namespaces/default/configmaps", "v1", "ConfigMap", undefined, "LPLLKLPK"],
    [
      "/apis/coordination.k8s.io/v1/namespaces/default/leases",
      "coordination.k8s.io/v1",
      "Lease",
      {},
      "LPLL",
    ],
    [
      "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
      "policy/v1",
      "PodDisruptionBudget",
      { minAvailable: 1 },
      "LPL",
    ],
    ["/apis/storage.k8s.io/v1/csinodes", "storage.k8s.io/v1", "CSINode", { drivers: [] }, "LPLLPK"],
    [
      "/apis/batch/v1/namespaces/default/cronjobs",
      "batch/v1",
      "CronJob",
      {
        schedule: "* * * * *",
        jobTemplate: {
          spec: {
            template: {
              spec: { restartPolicy: "Never", containers: [{ name: "a", image: "a" }] },
            },
          },
        },
      },
      "LPLLK",
    ],
  ];
  await withServer(async (ask) => {
    for (const [path, apiVersion, kind, spec, told] of cases) {
      const metadata = { name: "a" };
      await ask("POST", path, { apiVersion, kind, metadata, ...(spec ? { spec } : {}) });
      const wrong = { labels: { "bad key!": "x" }, finalizers: ["not qualified"] };
      const status = await ask("PATCH", `${path}/a`, { metadata: wrong }, MERGE);
      assertEquals([kind, causes(status)], [kind, told]);
    }
  });
});

Deno.test("a patch that is none is told apart only where there is something to patch", async () => {
  await withServer(async (ask) => {
    const path = "/api/v1/namespaces/default/configmaps/a";
    const absent = await ask("PATCH", path, [], MERGE);
    assertEquals(absent["reason"], "NotFound");
    await ask("POST", "/api/v1/namespaces/default/configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
    });
    const present = await ask("PATCH", path, [], MERGE);
    assertEquals(
      present["message"],
      "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
  });
});

Deno.test("an empty table has null rows where the kind has no printer of its own", async () => {
  await withServer(async (ask) => {
    assertEquals((await ask("GET", "/api/v1/limitranges", undefined))["rows"], null);
    assertEquals((await ask("GET", "/api/v1/secrets", undefined))["rows"], []);
  });
});
