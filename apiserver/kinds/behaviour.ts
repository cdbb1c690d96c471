// The judgement about one built-in kind: what facts alone (kube-api data)
// do not tell. One file per kind exports one of these; mod.ts lists them by
// `group/resource`; builtin.ts joins them with the generated facts into
// ResourceDefinitions.

import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import type { Strategy, VirtualResource } from "../definition.ts";

/** What the server has to know of a built-in kind beside its generated facts. All optional: a plain kind is `{}`. */
export interface KindBehaviour {
  /** Fills in defaults in place, after those that the schema names (zz_generated.defaults of the real server). By version when they differ. */
  setDefaults?(object: KubeObject, version: string): void;
  readonly strategy?: Strategy;
  /** Kinds that store nothing: reviews, bindings, component statuses. */
  readonly virtual?: VirtualResource;
  /** Strategies of subresources that write the same object, by name (`status` and others). */
  readonly subresources?: Readonly<Record<string, Strategy>>;
  /** The cells of the server-side table row; the columns come from generated data. Default: name and age by column name. */
  cells?(object: KubeObject, now_ms: number): JsonValue[];
  /** Selectable fields beside metadata.name and metadata.namespace. */
  selectableFields?(object: KubeObject): Record<string, string>;
  /** Kept out of the watch cache: what reads of old and of future versions answer is etcd's word. */
  readonly uncached?: boolean;
  /** A `Warning` on every use of the kind. */
  readonly deprecationWarning?: string;
  /** Kinds stored together under another resource or served in several versions. */
  readonly storage?: string;
  readonly storageVersion?: string;
  /** Conversions by version other than the storage version. */
  readonly conversions?: Readonly<
    Record<
      string,
      {
        toStorage(object: KubeObject): KubeObject;
        fromStorage(object: KubeObject): KubeObject;
      }
    >
  >;
}
