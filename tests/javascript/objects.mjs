// Objects of kinds that the client library has no types for.

import { equal, refusal } from "./checks.mjs";

const GROUP = "javascript.example.com";

const DEFINITION = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `boats.${GROUP}` },
  spec: {
    group: GROUP,
    names: { kind: "Boat", plural: "boats" },
    scope: "Namespaced",
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
              // The library's name for `default`, which is a word of the language.
              properties: { masts: { type: "integer", minimum: 1, _default: 2 } },
            },
          },
        },
      },
    }],
  },
};

/** Checks custom resources and the client for any kind. */
export async function objects({ checks, custom, extensions, k8s, kubeconfig, namespace }) {
  const of = { group: GROUP, version: "v1", namespace, plural: "boats" };
  const boat = (name, spec) => ({
    apiVersion: `${GROUP}/v1`,
    kind: "Boat",
    metadata: { name, namespace },
    spec,
  });

  await checks.check("custom resources are defaulted and validated", async () => {
    await extensions.createCustomResourceDefinition({ body: DEFINITION });
    await established(extensions);
    const made = await custom.createNamespacedCustomObject({ ...of, body: boat("one", {}) });
    equal(made.spec, { masts: 2 });
    const body = boat("none", { masts: 0 });
    equal(await refusal(() => custom.createNamespacedCustomObject({ ...of, body })), 422);
  });

  await checks.check("the client for any kind finds resources by discovery", async () => {
    const client = k8s.KubernetesObjectApi.makeApiClient(kubeconfig);
    const applied = boat("two", { masts: 3 });
    const made = await client.patch(
      applied,
      undefined,
      undefined,
      "javascript",
      true,
      k8s.PatchStrategy.ServerSideApply,
    );
    equal(made.spec, { masts: 3 });
    const { items } = await client.list(`${GROUP}/v1`, "Boat", namespace);
    equal(items.map(({ metadata }) => metadata.name), ["one", "two"]);
    await client.delete(applied);
    equal(await refusal(() => client.read(applied)), 404);
  });
  await extensions.deleteCustomResourceDefinition({ name: DEFINITION.metadata.name });
}

async function established(extensions) {
  const { name } = DEFINITION.metadata;
  for (let i = 0; i < 100; i++) {
    const { status } = await extensions.readCustomResourceDefinition({ name });
    const found = status?.conditions?.find(({ type }) => type === "Established");
    if (found?.status === "True") return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error("the definition is not established");
}
