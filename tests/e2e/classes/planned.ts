// Prints what a topology has brought about, alike for alike objects: labels,
// annotations, owners and specs of what is on standard input as a List in
// JSON, with what is by chance blotted out and what an infrastructure provider
// adds left out.
// Usage: planned.ts CLUSTER <LIST

import type { JsonObject, JsonValue, KubeObject } from "../../../runtime/object.ts";

const [cluster = ""] = Deno.args;
const OWNED = "topology.cluster.x-k8s.io/owned";
// Written by controllers that are not the topology's.
const OTHERS =
  /^(machinedeployment\.clusters|inmemorycluster\.infrastructure\.cluster)\.x-k8s\.io\//;

function blot(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UID")
    .replace(new RegExp(`\\b(${cluster}(?:-[a-z0-9]+)*)-[a-z0-9]{5}\\b`, "g"), "$1-NAME");
}

function sorted(value: JsonValue): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map((
      [name, member],
    ) => [name, sorted(member as JsonValue)]),
  );
}

function shown({ kind, metadata, spec }: KubeObject): string {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    !OTHERS.test(key)
  );
  const { controlPlaneEndpoint: _, ...rest } = spec as JsonObject;
  const shown = {
    kind,
    name: metadata.name ?? "",
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(annotations),
    // The garbage collector, which the reference does without, drops the shim.
    owners: (metadata.ownerReferences ?? []).filter(({ name }) => name !== `${cluster}-shim`).map((
      { kind, name, controller },
    ) => ({
      kind,
      name,
      controller: controller ?? false,
    })),
    spec: rest,
  };
  return blot(JSON.stringify(sorted(shown as unknown as JsonValue), null, 1));
}

const { items } = await new Response(Deno.stdin.readable).json() as { items: KubeObject[] };
const owned = items.filter(({ metadata }) =>
  metadata.labels?.[OWNED] !== undefined &&
  metadata.labels["cluster.x-k8s.io/cluster-name"] === cluster
);
// deno-lint-ignore no-console -- a program's output
console.log(owned.map(shown).sort().join("\n"));
