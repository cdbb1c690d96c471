// The ClusterResourceSet reconciler: puts what ConfigMaps and Secrets hold
// into the workload clusters that a selector picks, once or for good, and
// writes down in a binding for each Cluster what has been applied. Source:
// Cluster API's ClusterResourceSet controller.

import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import { ensureOwner, ownerReference, removeFinalizer, removeOwners } from "../../runtime/owner.ts";
import { ensureFinalizer } from "../../runtime/reconcile/ensure_finalizer.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { StatusError } from "../../runtime/status.ts";
import {
  CLUSTER_RESOURCE_SET_BINDINGS,
  CLUSTER_RESOURCE_SET_FINALIZER,
  CLUSTER_RESOURCE_SETS,
  RESOURCE_SET_SECRET_TYPE,
} from "./addons/names.ts";
import { ResourceBindings } from "./addons/resource_bindings.ts";
import { type ResourceObjects, resourceObjects } from "./addons/resource_objects.ts";
import { createOnce, createOrReplace } from "./addons/workload_resources.ts";
import { INTERNAL_ERROR_MESSAGE, setCondition } from "./conditions.ts";
import { markV1Beta1False, markV1Beta1True, type Severity } from "./conditions_v1beta1.ts";
import { type CoreContext, Outcome } from "./core/core_context.ts";
import { CLUSTERS } from "./core/names.ts";
import { RESOURCES } from "./kubeadm/names.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";
import { errorText } from "./kubeadm/services.ts";

const APPLIED = "ResourcesApplied";
const CONFLICT_RETRY_MS = 100;

/** An entry of `spec.resources`. */
interface ResourceName {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
}

/** Reconciles ClusterResourceSets. */
export class ClusterResourceSetReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #bindings: ResourceBindings;

  /** Reaches workload clusters through the context's access. */
  constructor(context: CoreContext) {
    this.#context = context;
    this.#bindings = new ResourceBindings(context.client, context.clock);
  }

  /** Looks at one ClusterResourceSet. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const found = await getOrUndefined(client, CLUSTER_RESOURCE_SETS, request);
    if (found === undefined) return {};
    const before = await ensureFinalizer(
      client,
      CLUSTER_RESOURCE_SETS,
      found,
      CLUSTER_RESOURCE_SET_FINALIZER,
    );
    if (await endsByPause(client, CLUSTER_RESOURCE_SETS, undefined, before, clock.now())) return {};
    const set = clone(before);
    const outcome = new Outcome();
    await outcome.step(() => this.#steps(set, outcome));
    await outcome.step(() => this.#write(before, set, outcome));
    return outcome.result();
  }

  async #steps(set: KubeObject, outcome: Outcome): Promise<void> {
    const clusters = await this.#clusters(set);
    if (set.metadata.deletionTimestamp !== undefined) return await this.#delete(set, clusters);
    for (const cluster of clusters) {
      try {
        await this.#apply(set, cluster);
      } catch (error) {
        // Sets that write the same binding get out of each other's way.
        if (error instanceof StatusError && error.code === 409) outcome.requeue(CONFLICT_RETRY_MS);
        else await outcome.step(() => Promise.reject(error));
      }
    }
  }

  /** The Clusters that the selector picks. An empty one picks none. */
  async #clusters({ metadata, spec }: KubeObject): Promise<KubeObject[]> {
    const selector = compileLabelSelector(spec?.clusterSelector ?? {});
    if (selector.empty) return [];
    const { items } = await this.#context.client.list(CLUSTERS, {
      namespace: metadata.namespace ?? "",
    });
    return items.filter((cluster) =>
      cluster.metadata.deletionTimestamp === undefined && selector.matches(cluster.metadata.labels)
    );
  }

  async #apply(set: KubeObject, cluster: KubeObject): Promise<void> {
    const resources: readonly ResourceName[] = set.spec?.resources ?? [];
    const failures = new Outcome();
    const sources = new Map<ResourceName, KubeObject>();
    for (const resource of resources) {
      await failures.step(async () => {
        const source = await this.#source(set, resource);
        if (source !== undefined) sources.set(resource, source);
      });
    }
    failures.result();
    const { namespace = "", name = "" } = cluster.metadata;
    await this.#bindings.change(cluster, set, async (binding) => {
      const workload = this.#context.access.client(namespace, name);
      if (workload === undefined) {
        this.#say(set, "InternalError", INTERNAL_ERROR_MESSAGE, {
          reason: "RemoteClusterClientFailed",
          severity: "Error",
          message: `connection to the workload cluster "${namespace}/${name}" is down`,
        });
        // Woken when it can be reached.
        return;
      }
      const write = set.spec?.strategy === "Reconcile" ? createOrReplace : createOnce;
      for (const resource of resources) {
        const source = sources.get(resource);
        if (source === undefined) continue;
        await failures.step(() =>
          this.#applyResource(set, resource, source, binding, (object) => write(workload, object))
        );
      }
      if (failures.failed || sources.size < resources.length) return;
      setCondition(
        set,
        { type: APPLIED, status: "True", reason: "Applied" },
        this.#context.clock.now(),
      );
      markV1Beta1True(set, APPLIED, this.#context.clock.now());
    });
    failures.result();
  }

  async #applyResource(
    set: KubeObject,
    resource: ResourceName,
    source: KubeObject,
    binding: KubeObject,
    write: (object: KubeObject) => Promise<void>,
  ): Promise<void> {
    const record = this.#bindings.recordOf(binding, set, resource);
    let content: ResourceObjects;
    try {
      content = resourceObjects(source);
    } catch (error) {
      this.#bindings.record(binding, set, { ...resource, applied: false });
      throw error;
    }
    const again = set.spec?.strategy === "Reconcile" && record?.hash !== content.hash;
    if (record?.applied === true && !again) return;
    const errors = new Outcome();
    for (const object of content.objects) await errors.step(() => write(clone(object)));
    this.#bindings.record(binding, set, {
      ...resource,
      hash: content.hash,
      applied: !errors.failed,
    });
    try {
      errors.result();
    } catch (error) {
      this.#say(set, "NotApplied", "Failed to apply ClusterResourceSet resources to Cluster", {
        reason: "ApplyFailed",
        severity: "Warning",
        message: errorText(error),
      });
      throw error;
    }
  }

  /** The ConfigMap or Secret, owned by the set; `undefined` when there is none. */
  async #source(
    set: KubeObject,
    { kind, name }: ResourceName,
  ): Promise<KubeObject | undefined> {
    const { client } = this.#context;
    const ref = kind === "Secret" ? RESOURCES.secrets : RESOURCES.configMaps;
    const source = await getOrUndefined(client, ref, {
      namespace: set.metadata.namespace ?? "",
      name,
    });
    if (source === undefined) {
      const message = `${ref.resource} "${name}" not found`;
      this.#say(set, "InternalError", INTERNAL_ERROR_MESSAGE, {
        reason: "RetrievingResourceFailed",
        severity: "Warning",
        message,
      });
      return undefined;
    }
    if (kind === "Secret" && source.type !== RESOURCE_SET_SECRET_TYPE) {
      this.#say(set, "WrongSecretType", `Secret type of resource ${name} is not supported`, {
        reason: "WrongSecretType",
        severity: "Warning",
        message: "unsupported secret type",
      });
      throw new Error(
        `Secret "${name}" is of type "${source.type}", should be "${RESOURCE_SET_SECRET_TYPE}"`,
      );
    }
    const after = clone(source);
    ensureOwner(after, ownerReference(set));
    return equal(source, after) ? source : await patchObject(client, ref, source, after);
  }

  #say(
    set: KubeObject,
    reason: string,
    message: string,
    older: { readonly reason: string; readonly severity: Severity; readonly message: string },
  ): void {
    const now_ms = this.#context.clock.now();
    setCondition(set, { type: APPLIED, status: "False", reason, message }, now_ms);
    markV1Beta1False(set, APPLIED, older.reason, older.severity, older.message, now_ms);
  }

  /** Takes the set out of all bindings; those that are empty then go. */
  async #delete(set: KubeObject, clusters: readonly KubeObject[]): Promise<void> {
    const { client } = this.#context;
    for (const { metadata: { namespace = "", name = "" } } of clusters) {
      const binding = await getOrUndefined(client, CLUSTER_RESOURCE_SET_BINDINGS, {
        namespace,
        name,
      });
      if (binding === undefined) continue;
      const after = clone(binding);
      removeOwners(
        after,
        (owner) => owner.kind === "ClusterResourceSet" && owner.name === set.metadata.name,
      );
      this.#bindings.forget(after, set);
      if ((after.spec?.bindings ?? []).length > 0) {
        await patchObject(client, CLUSTER_RESOURCE_SET_BINDINGS, binding, after);
        continue;
      }
      try {
        await client.delete(CLUSTER_RESOURCE_SET_BINDINGS, { namespace, name });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    removeFinalizer(set, CLUSTER_RESOURCE_SET_FINALIZER);
  }

  async #write(before: KubeObject, set: KubeObject, outcome: Outcome): Promise<void> {
    if (!outcome.failed) {
      set.status ??= {};
      set.status.observedGeneration = set.metadata.generation;
    }
    if (equal(before, set)) return;
    await patchObject(this.#context.client, CLUSTER_RESOURCE_SETS, before, set, {
      ownedConditions: ["Paused", APPLIED],
    });
  }
}
