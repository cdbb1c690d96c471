// Every kind of patch, and who owns what afterwards.

import { equal, refusal } from "./checks.mjs";

const LABELS = { app: "patched" };

function deployment(name) {
  const container = (name) => ({ name, image: `${name}:1` });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: { containers: [container("a"), container("b")] },
      },
    },
  };
}

/** Checks patches in a namespace of its own. */
export async function patches({ checks, apps, k8s, namespace }) {
  const name = "patched";
  const kinds = k8s.PatchStrategy;
  const patch = (kind, body, more = {}) =>
    apps.patchNamespacedDeployment(
      { namespace, name, body, ...more },
      k8s.setHeaderOptions("Content-Type", kind),
    );
  const images = ({ spec }) => spec.template.spec.containers.map(({ image }) => image);
  await apps.createNamespacedDeployment({ namespace, body: deployment(name) });

  await checks.check("a JSON patch changes what it points at", async () => {
    const path = "/spec/template/spec/containers/1/image";
    const result = await patch(kinds.JsonPatch, [
      { op: "test", path, value: "b:1" },
      { op: "replace", path, value: "b:2" },
    ]);
    equal(images(result), ["a:1", "b:2"]);
    const stale = [{ op: "test", path, value: "b:1" }];
    equal(await refusal(() => patch(kinds.JsonPatch, stale)), 422);
  });

  await checks.check("a merge patch replaces lists", async () => {
    const spec = { template: { spec: { containers: [{ name: "a", image: "a:3" }] } } };
    equal(images(await patch(kinds.MergePatch, { spec })), ["a:3"]);
  });

  await checks.check("a strategic merge patch merges lists by their keys", async () => {
    const containers = [{ name: "b", image: "b:4" }, { name: "a", $patch: "delete" }];
    const spec = { template: { spec: { containers } } };
    equal(images(await patch(kinds.StrategicMergePatch, { spec })), ["b:4"]);
  });

  await checks.check("applying owns fields, conflicts and takes over", async () => {
    const applied = (replicas) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: { replicas },
    });
    const apply = (manager, replicas, more = {}) =>
      patch(kinds.ServerSideApply, applied(replicas), { fieldManager: manager, ...more });
    equal((await apply("first", 2, { force: true })).spec.replicas, 2);
    equal(await refusal(() => apply("second", 3)), 409);
    const taken = await apply("second", 3, { force: true });
    equal(taken.spec.replicas, 3);
    const owners = taken.metadata.managedFields
      .filter(({ operation }) => operation === "Apply")
      .map(({ manager }) => manager);
    equal(owners, ["second"], "who applies");
    const again = await apply("second", 3);
    equal(again.metadata.resourceVersion, taken.metadata.resourceVersion, "the version");
  });
}
