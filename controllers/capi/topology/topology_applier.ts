// Server-side apply for the objects of a topology. Whether an apply would
// change anything is tried first, so that a reconcile with nothing to do
// writes nothing, and a change of the spec can be told from one of labels.
// Source: Cluster API's structuredmerge package.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import {
  clone,
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../runtime/object.ts";
import { refOf } from "./blueprint.ts";
import { DRY_RUN, TOPOLOGY_MANAGER } from "./names.ts";

const REMEMBERED_MAX = 20_000;

/** What an apply would change. */
export type Difference = "none" | "metadata" | "spec";

interface Remembered {
  readonly resourceVersion: string | undefined;
  readonly request: KubeObject;
}

/** Applies objects in the name of topologies. */
export class TopologyApplier {
  readonly #client: Client;
  readonly #same = new Map<string, Remembered>();

  /** Writes through `client`. */
  constructor(client: Client) {
    this.#client = client;
  }

  /** Applies; with `current` only onto that very object. */
  async apply(desired: KubeObject, current?: KubeObject): Promise<KubeObject> {
    return await this.#send(pinned(desired, current), false);
  }

  /** What {@linkcode apply} would change. */
  async difference(desired: KubeObject, current: KubeObject): Promise<Difference> {
    const { uid = "", resourceVersion } = current.metadata;
    const before = this.#same.get(uid);
    if (before?.resourceVersion === resourceVersion && equal(before?.request, desired)) {
      return "none";
    }
    const request = pinned(desired, current);
    request.metadata.annotations = { ...request.metadata.annotations, [DRY_RUN]: "" };
    const after = await this.#send(request, true);
    const difference = compare(await this.#defaulted(current), current, after);
    if (difference === "none") this.#remember(uid, { resourceVersion, request: clone(desired) });
    return difference;
  }

  /** What is there, as defaulting would have it now: what only that changes is no difference. */
  async #defaulted(current: KubeObject): Promise<KubeObject> {
    const { name = "", namespace, uid, labels, annotations, ownerReferences } = current.metadata;
    const request: KubeObject = {
      apiVersion: current.apiVersion,
      kind: current.kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(labels === undefined ? {} : { labels }),
        annotations: { ...annotations, [DRY_RUN]: "" },
        ...(ownerReferences === undefined ? {} : { ownerReferences }),
      },
      spec: current.spec,
    };
    return await this.#send(request, true);
  }

  async #send(request: KubeObject, dryRun: boolean): Promise<KubeObject> {
    const { namespace, name = "" } = request.metadata;
    const ref: ResourceRef = refOf(request);
    const key = namespace === undefined ? { name } : { namespace, name };
    return await this.#client.patch(ref, key, "apply", request as unknown as JsonValue, {
      fieldManager: TOPOLOGY_MANAGER,
      force: true,
      ...(dryRun ? { dryRun } : {}),
    });
  }

  #remember(uid: string, remembered: Remembered): void {
    this.#same.delete(uid);
    this.#same.set(uid, remembered);
    if (this.#same.size <= REMEMBERED_MAX) return;
    const oldest = this.#same.keys().next();
    if (!oldest.done) this.#same.delete(oldest.value);
  }
}

/** With the identity of what is to be changed: nothing that is gone is made again. */
function pinned(desired: KubeObject, current: KubeObject | undefined): KubeObject {
  const request = clone(desired);
  if (current?.metadata.uid !== undefined) request.metadata.uid = current.metadata.uid;
  return request;
}

function compare(defaulted: KubeObject, before: KubeObject, after: KubeObject): Difference {
  if (!equal(defaulted.spec, after.spec)) return "spec";
  const { [DRY_RUN]: _, ...annotations } = after.metadata.annotations ?? {};
  const same = equal(before.metadata.labels ?? {}, after.metadata.labels ?? {}) &&
    equal(before.metadata.annotations ?? {}, annotations) &&
    equal(before.metadata.ownerReferences ?? [], after.metadata.ownerReferences ?? []);
  if (!same) return "metadata";
  return equal(ownedFields(before), ownedFields(after)) ? "none" : "metadata";
}

/** The fields that are a topology's, without the mark of a trial. */
function ownedFields({ metadata }: KubeObject): JsonObject {
  const entry = metadata.managedFields?.find(({ manager, operation, subresource }) =>
    manager === TOPOLOGY_MANAGER && operation === "Apply" && !subresource
  );
  const fields: JsonObject = clone(entry?.fieldsV1 ?? {});
  const inMetadata = fields["f:metadata"] as JsonObject | undefined;
  const annotations = inMetadata?.["f:annotations"] as JsonObject | undefined;
  if (inMetadata === undefined || annotations === undefined) return fields;
  delete annotations[`f:${DRY_RUN}`];
  if (Object.keys(annotations).every((key) => key === ".")) delete inMetadata["f:annotations"];
  if (Object.keys(inMetadata).length === 0) delete fields["f:metadata"];
  return fields;
}
