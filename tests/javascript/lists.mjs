// Pages, selectors and errors of lists.

import { equal, refusal } from "./checks.mjs";

/** Checks lists in a namespace of its own. */
export async function lists({ checks, core, namespace }) {
  const names = Array.from({ length: 7 }, (_, i) => `page-${i}`);
  for (const name of names) {
    const metadata = {
      name,
      labels: { parity: Number(name.slice(-1)) % 2 === 0 ? "even" : "odd" },
    };
    await core.createNamespacedConfigMap({ namespace, body: { metadata, data: { name } } });
  }
  const page = (more) =>
    core.listNamespacedConfigMap({ namespace, labelSelector: "parity", limit: 3, ...more });

  await checks.check("pages hold everything once, in order and of one version", async () => {
    const seen = [];
    const versions = new Set();
    let token;
    do {
      const { items, metadata } = await page(token ? { _continue: token } : {});
      seen.push(...items.map((item) => item.metadata.name));
      versions.add(metadata.resourceVersion);
      token = metadata._continue;
      // What comes between two pages is not part of the list.
      if (seen.length === 3) {
        const body = { metadata: { name: "page-00", labels: { parity: "odd" } } };
        await core.createNamespacedConfigMap({ namespace, body });
      }
    } while (token);
    equal(seen, names, "what the pages hold");
    equal(versions.size, 1, "the number of versions");
    await core.deleteNamespacedConfigMap({ namespace, name: "page-00" });
  });

  await checks.check(
    "remainingItemCount tells what is left where nothing is selected",
    async () => {
      const { metadata } = await core.listNamespacedConfigMap({ namespace, limit: 3 });
      equal(metadata.remainingItemCount >= 4, true, "at least four are left");
    },
  );

  await checks.check("label and field selectors select", async () => {
    const even = await core.listNamespacedConfigMap({ namespace, labelSelector: "parity=even" });
    equal(even.items.map((item) => item.metadata.name), [0, 2, 4, 6].map((i) => `page-${i}`));
    const fieldSelector = "metadata.name=page-3";
    const one = await core.listNamespacedConfigMap({ namespace, fieldSelector });
    equal(one.items.map((item) => item.data), [{ name: "page-3" }]);
  });

  await checks.check("errors carry the status", async () => {
    const selector = () => core.listNamespacedConfigMap({ namespace, labelSelector: "!!" });
    equal(await refusal(selector), 400);
    equal(await refusal(() => core.readNamespacedConfigMap({ namespace, name: "absent" })), 404);
    const body = { metadata: { name: "page-0" } };
    equal(await refusal(() => core.createNamespacedConfigMap({ namespace, body })), 409);
    const wrong = { metadata: { name: "Wrong" } };
    equal(await refusal(() => core.createNamespacedConfigMap({ namespace, body: wrong })), 422);
  });
}
