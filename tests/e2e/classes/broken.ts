// Prints a copy of the ClusterClass on standard input with one more patch.
// Usage: broken.ts NAME 'JSON PATCHES' | 'enabledIf TEXT' <CLASS

import type { JsonValue, KubeObject } from "../../../runtime/object.ts";

const [name = "", patch = ""] = Deno.args;
const { apiVersion, kind, spec } = await new Response(Deno.stdin.readable).json() as KubeObject;
const [, enabledIf] = /^enabledIf (.*)$/.exec(patch) ?? [];
const jsonPatches: JsonValue = enabledIf === undefined
  ? JSON.parse(patch)
  : [{ op: "add", path: "/spec/template/spec/a", value: 1 }];
const more = {
  name: "broken",
  ...(enabledIf === undefined ? {} : { enabledIf }),
  definitions: [{
    selector: {
      apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmControlPlaneTemplate",
      matchResources: { controlPlane: true },
    },
    jsonPatches,
  }],
};
// deno-lint-ignore no-console -- a program's output
console.log(JSON.stringify({
  apiVersion,
  kind,
  metadata: { name, namespace: "default" },
  spec: { ...spec, patches: [...spec.patches, more] },
}));
