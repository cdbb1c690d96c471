// Server-side apply that is not repeated: a request that was applied before
// and still stands costs nothing. Source: Cluster API's ssa package and its
// request cache.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import {
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../runtime/object.ts";

const REMEMBERED_MAX = 20_000;

/** Applies objects for one field manager. */
export class Applier {
  readonly #client: Client;
  readonly #fieldManager: string;
  readonly #applied = new Map<string, JsonObject>();

  /** All applies are forced: the fields of the request are the manager's. */
  constructor(client: Client, fieldManager: string) {
    this.#client = client;
    this.#fieldManager = fieldManager;
  }

  /** Applies. */
  async apply(ref: ResourceRef, wanted: KubeObject): Promise<KubeObject> {
    const { namespace, name = "" } = wanted.metadata;
    const key = namespace === undefined ? { name } : { namespace, name };
    return await this.#client.patch(ref, key, "apply", wanted as unknown as JsonValue, {
      fieldManager: this.#fieldManager,
      force: true,
    });
  }

  /** Applies unless the same was applied before and `current` still has it all. Answers the newest state. */
  async sync(ref: ResourceRef, wanted: KubeObject, current: KubeObject): Promise<KubeObject> {
    const id = current.metadata.uid ?? "";
    const request = wanted as unknown as JsonObject;
    const before = this.#applied.get(id);
    if (
      before !== undefined && equal(before, request) &&
      contains(current as unknown as JsonObject, request)
    ) {
      return current;
    }
    const answer = await this.apply(ref, wanted);
    this.#remember(id, request);
    return answer;
  }

  #remember(id: string, request: JsonObject): void {
    this.#applied.delete(id);
    this.#applied.set(id, request);
    if (this.#applied.size <= REMEMBERED_MAX) return;
    const oldest = this.#applied.keys().next();
    if (!oldest.done) this.#applied.delete(oldest.value);
  }
}

/** Whether all of `wanted` stands in `current`. */
function contains(current: JsonValue | undefined, wanted: JsonValue | undefined): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    return Array.isArray(current) &&
      wanted.every((item) => current.some((other) => contains(other, item)));
  }
  if (typeof wanted !== "object" || wanted === null) return equal(current, wanted);
  if (typeof current !== "object" || current === null || Array.isArray(current)) return false;
  return Object.entries(wanted).every(([key, value]) => contains(current[key], value));
}
