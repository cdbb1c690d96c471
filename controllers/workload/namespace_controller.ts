// The namespace controller: empties a namespace that is being deleted (pods
// first, then everything else), tells in its conditions what is left, and
// lets go of it when nothing is. Woken by changes, never by waiting.
// Source: kube-controller-manager pkg/controller/namespace.

import { rfc3339 } from "../../runtime/clock.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import { equal, type KubeObject } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, FeedResource, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const NAMESPACES: ResourceRef = { apiVersion: "v1", resource: "namespaces" };
const FINALIZER = "kubernetes";
const CONCURRENCY = 10;

/** A condition of a namespace. */
interface NamespaceCondition {
  type: string;
  status: "True" | "False";
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** What is left in a namespace. */
interface Remains {
  /** How many objects, by `resource.group`. */
  readonly counts: Map<string, number>;
  /** How many objects hold each finalizer. */
  readonly finalizers: Map<string, number>;
  /** What could not be asked to go. */
  readonly failures: string[];
}

/** Finishes the deletion of namespaces in one cluster. */
export class NamespaceController extends FeedController {
  readonly #terminating = new Set<string>();

  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Namespace not emptied", concurrency: CONCURRENCY });
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    const { name = "", namespace = "" } = object.metadata;
    if (resource.kind === "Namespace" && resource.ref.apiVersion === "v1") {
      if (type === "DELETED") this.#terminating.delete(name);
      else if (object.metadata.deletionTimestamp !== undefined) {
        this.#terminating.add(name);
        this.enqueue(name);
      }
    } else if (this.#terminating.has(namespace)) this.enqueue(namespace);
  }

  protected override async sync({ name }: Request): Promise<void> {
    const { feed, client } = this.context;
    const namespace = feed.get(NAMESPACES, "", name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    if (!(namespace.spec?.finalizers as string[] | undefined)?.includes(FINALIZER)) return;
    const remains = await this.#empty(name);
    const left = remains.counts.size > 0 || remains.failures.length > 0;
    await this.#report(namespace, remains);
    if (left) return;
    const latest = feed.get(NAMESPACES, "", name) ?? namespace;
    const finalizers = (latest.spec.finalizers as string[]).filter((other) => other !== FINALIZER);
    await client.update(NAMESPACES, { ...latest, spec: { ...latest.spec, finalizers } }, {
      subresource: "finalize",
    });
  }

  /** Asks everything in the namespace to go. */
  async #empty(name: string): Promise<Remains> {
    const remains: Remains = { counts: new Map(), finalizers: new Map(), failures: [] };
    const resources = [...this.context.feed.resources()].filter(isDeletable);
    const pods = resources.filter(({ ref }) => ref.resource === "pods" && ref.apiVersion === "v1");
    for (const resource of pods) await this.#emptyOf(resource, name, remains);
    // While pods remain nothing that they may need is touched.
    if (remains.counts.size > 0) return remains;
    for (const resource of resources) {
      if (!pods.includes(resource)) await this.#emptyOf(resource, name, remains);
    }
    return remains;
  }

  async #emptyOf(resource: FeedResource, namespace: string, remains: Remains): Promise<void> {
    const { feed, client } = this.context;
    if (feed.list(resource.ref, namespace).length === 0) return;
    try {
      await client.deleteCollection(resource.ref, { namespace }, {
        propagationPolicy: "Background",
      });
    } catch (error) {
      remains.failures.push((error as Error).message);
    }
    const left = feed.list(resource.ref, namespace);
    if (left.length === 0) return;
    remains.counts.set(displayName(resource), left.length);
    for (const finalizer of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      remains.finalizers.set(finalizer, (remains.finalizers.get(finalizer) ?? 0) + 1);
    }
  }

  async #report(namespace: KubeObject, remains: Remains): Promise<void> {
    const now = rfc3339(this.context.clock.now());
    const before = (namespace.status?.conditions ?? []) as NamespaceCondition[];
    const ours = conditionsOf(remains).map((condition): NamespaceCondition => {
      const old = before.find(({ type }) => type === condition.type);
      const same = old?.status === condition.status;
      return { ...condition, lastTransitionTime: same ? old.lastTransitionTime : now };
    });
    const others = before.filter(({ type }) => !ours.some((condition) => condition.type === type));
    const conditions = [...others, ...ours];
    if (equal(before, conditions)) return;
    await this.context.client.update(
      NAMESPACES,
      { ...namespace, status: { ...namespace.status, conditions } },
      { subresource: "status" },
    );
  }
}

function isDeletable({ namespaced, verbs, kind }: FeedResource): boolean {
  return namespaced && verbs.includes("delete") && verbs.includes("list") && kind !== "Namespace";
}

/** `pods.` and `deployments.apps`, as group resources print in these messages. */
function displayName({ ref }: FeedResource): string {
  const slash = ref.apiVersion.indexOf("/");
  return `${ref.resource}.${slash < 0 ? "" : ref.apiVersion.slice(0, slash)}`;
}

type Finding = Omit<NamespaceCondition, "lastTransitionTime">;

function conditionsOf({ counts, finalizers, failures }: Remains): Finding[] {
  const sorted = (map: Map<string, number>) => [...map].sort(([a], [b]) => a < b ? -1 : 1);
  const remaining = sorted(counts).map(([name, n]) => `${name} has ${n} resource instances`);
  const held = sorted(finalizers).map(([name, n]) => `${name} in ${n} resource instances`);
  return [
    finding("NamespaceDeletionDiscoveryFailure", undefined, [
      "ResourcesDiscovered",
      "All resources successfully discovered",
    ]),
    finding("NamespaceDeletionGroupVersionParsingFailure", undefined, [
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ]),
    finding(
      "NamespaceDeletionContentFailure",
      failures.length === 0 ? undefined : [
        "ContentDeletionFailed",
        `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`,
      ],
      ["ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
    ),
    finding(
      "NamespaceContentRemaining",
      remaining.length === 0
        ? undefined
        : ["SomeResourcesRemain", `Some resources are remaining: ${remaining.join(", ")}`],
      ["ContentRemoved", "All content successfully removed"],
    ),
    finding(
      "NamespaceFinalizersRemaining",
      held.length === 0 ? undefined : [
        "SomeFinalizersRemain",
        `Some content in the namespace has finalizers remaining: ${held.join(", ")}`,
      ],
      ["ContentHasNoFinalizers", "All content-preserving finalizers finished"],
    ),
  ];
}

/** True when something is wrong, with that reason and message; otherwise False with the good ones. */
function finding(type: string, bad: [string, string] | undefined, good: [string, string]): Finding {
  const [reason, message] = bad ?? good;
  return { type, status: bad === undefined ? "False" : "True", reason, message };
}
