// ClusterResourceSetBindings: one object for each Cluster that says which
// resources of which ClusterResourceSet have been applied, when, and with
// what content. Source: Cluster API's ClusterResourceSetBinding.

import type { Client } from "../../../runtime/client.ts";
import { type Clock, rfc3339 } from "../../../runtime/clock.ts";
import { clone, equal, type KubeObject } from "../../../runtime/object.ts";
import { ensureOwner, ownerReference } from "../../../runtime/owner.ts";
import { mergeDiff } from "../../../runtime/reconcile/merge_diff.ts";
import { StatusError } from "../../../runtime/status.ts";
import { getOrUndefined } from "../kubeadm/reads.ts";
import { ADDONS_API_VERSION, CLUSTER_RESOURCE_SET_BINDINGS } from "./names.ts";

/** What is written down of one resource. */
export interface ResourceRecord {
  readonly kind: string;
  readonly name: string;
  readonly hash?: string;
  readonly applied: boolean;
  /** RFC 3339. */
  readonly lastAppliedTime?: string;
}

interface SetRecord {
  clusterResourceSetName: string;
  resources?: ResourceRecord[];
}

/** Reads and writes bindings. */
export class ResourceBindings {
  readonly #client: Client;
  readonly #clock: Clock;

  /** Times come from `clock`. */
  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Lets `work` change the binding of a Cluster, which is made if need be, and writes it. A lost race throws Conflict. */
  async change(
    cluster: KubeObject,
    set: KubeObject,
    work: (binding: KubeObject) => Promise<void>,
  ): Promise<void> {
    const before = await this.#ensure(cluster, set);
    const after = clone(before);
    ensureOwner(after, ownerReference(set));
    entryOf(after, set, true);
    try {
      await work(after);
    } finally {
      await this.#write(before, after);
    }
  }

  /** What is written down of a resource. */
  recordOf(
    binding: KubeObject,
    set: KubeObject,
    { kind, name }: { readonly kind: string; readonly name: string },
  ): ResourceRecord | undefined {
    return entryOf(binding, set)?.resources?.find((one) => one.kind === kind && one.name === name);
  }

  /** Writes down what became of a resource, on a binding that may be changed. */
  record(binding: KubeObject, set: KubeObject, record: ResourceRecord): void {
    const entry = entryOf(binding, set, true);
    if (entry === undefined) return;
    const dated = { ...record, lastAppliedTime: rfc3339(this.#clock.now()) };
    const others = entry.resources ?? [];
    const at = others.findIndex(({ kind, name }) => kind === record.kind && name === record.name);
    entry.resources = at < 0 ? [...others, dated] : others.map((one, i) => i === at ? dated : one);
  }

  /** Takes a set out of a binding that may be changed. */
  forget(binding: KubeObject, set: KubeObject): void {
    const entries: SetRecord[] = binding.spec?.bindings ?? [];
    binding.spec = {
      ...binding.spec,
      bindings: entries.filter((one) => one.clusterResourceSetName !== set.metadata.name),
    };
  }

  async #ensure(cluster: KubeObject, set: KubeObject): Promise<KubeObject> {
    const { namespace = "", name = "" } = cluster.metadata;
    const found = await getOrUndefined(this.#client, CLUSTER_RESOURCE_SET_BINDINGS, {
      namespace,
      name,
    });
    if (found !== undefined) return found;
    try {
      return await this.#client.create(CLUSTER_RESOURCE_SET_BINDINGS, {
        apiVersion: ADDONS_API_VERSION,
        kind: "ClusterResourceSetBinding",
        metadata: { namespace, name, ownerReferences: [ownerReference(set)] },
        spec: { clusterName: name },
      });
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      return await this.#client.get(CLUSTER_RESOURCE_SET_BINDINGS, { namespace, name });
    }
  }

  async #write(before: KubeObject, after: KubeObject): Promise<void> {
    if (equal(before, after)) return;
    const patch = mergeDiff(
      { metadata: { ...before.metadata }, spec: before.spec } as never,
      { metadata: { ...after.metadata }, spec: after.spec } as never,
    );
    if (patch === undefined) return;
    const { namespace = "", name = "", resourceVersion } = before.metadata;
    const metadata = {
      ...patch["metadata"] as Record<string, string> | undefined,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    await this.#client.patch(
      CLUSTER_RESOURCE_SET_BINDINGS,
      { namespace, name },
      "merge",
      { ...patch, metadata },
    );
  }
}

function entryOf(binding: KubeObject, set: KubeObject, make = false): SetRecord | undefined {
  const name = set.metadata.name ?? "";
  const entries: SetRecord[] = binding.spec?.bindings ?? [];
  const found = entries.find((one) => one.clusterResourceSetName === name);
  if (found !== undefined || !make) return found;
  const entry: SetRecord = { clusterResourceSetName: name };
  binding.spec = { ...binding.spec, bindings: [...entries, entry] };
  return entry;
}
