// Watches that end and go on where they were, and informers.

import { equal, until } from "./checks.mjs";

/** Checks watches in a namespace of its own. */
export async function watches({ checks, core, kubeconfig, k8s, namespace }) {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const labelSelector = "watched=yes";
  const create = (name, labels = { watched: "yes" }) =>
    core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels } } });

  await checks.check("a watch goes on where the one before it ended", async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace, labelSelector });
    let { resourceVersion } = metadata;
    const seen = [];
    for (let round = 0; round < 3; round++) {
      // Written while nobody watches, and while somebody does.
      await create(`between-${round}`);
      const ended = oneWatch(new k8s.Watch(kubeconfig), path, {
        labelSelector,
        resourceVersion,
        timeoutSeconds: 1,
        allowWatchBookmarks: true,
      }, (type, object) => {
        resourceVersion = object.metadata.resourceVersion;
        if (type !== "BOOKMARK") seen.push(`${type} ${object.metadata.name}`);
      });
      await create(`during-${round}`);
      await ended;
    }
    equal(
      seen,
      [0, 1, 2].flatMap((round) => [`ADDED between-${round}`, `ADDED during-${round}`]),
      "what was seen",
    );
  });

  await checks.check("an informer sees what comes, changes and goes", async () => {
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector });
    const informer = k8s.makeInformer(kubeconfig, path, list, labelSelector);
    const seen = [];
    for (const verb of ["add", "update", "delete"]) {
      informer.on(verb, ({ metadata }) => void seen.push(`${verb} ${metadata.name}`));
    }
    await informer.start();
    try {
      await until(() => informer.get("during-2", namespace), "the informer has listed");
      await create("late");
      await until(() => seen.includes("add late"), "the addition is seen");
      const patch = k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.MergePatch);
      const target = { namespace, name: "late" };
      await core.patchNamespacedConfigMap({ ...target, body: { data: { a: "1" } } }, patch);
      await until(() => seen.includes("update late"), "the change is seen");
      equal(informer.get("late", namespace).data, { a: "1" }, "the cached object's data");
      // An object that leaves the selection is gone for the informer.
      const unlabelled = { metadata: { labels: { watched: null } } };
      await core.patchNamespacedConfigMap({ ...target, body: unlabelled }, patch);
      await until(() => seen.includes("delete late"), "the departure is seen");
      await core.deleteNamespacedConfigMap({ namespace, name: "between-0" });
      await until(() => seen.includes("delete between-0"), "the deletion is seen");
      equal(informer.list(namespace).length, 5, "what is left");
    } finally {
      await informer.stop();
    }
  });
}

/** Runs one watch to its end. */
function oneWatch(watch, path, query, onEvent) {
  return new Promise((resolve, reject) => {
    watch.watch(path, query, onEvent, (error) => error ? reject(error) : resolve())
      .catch(reject);
  });
}
