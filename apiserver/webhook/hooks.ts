// The admission webhooks of a cluster: what its configurations say, put into
// the order in which they are asked. Read again only after a configuration
// has changed.
// Source: k8s.io/apiserver admission/configuration.

import { compareGo } from "../../runtime/go_text.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { compileLabelSelector, type LabelSelector } from "../../runtime/selector/label.ts";
import type { Store, StoreEvent } from "../../runtime/store/types.ts";
import type { WebhookClientConfig } from "./client_config.ts";

/** A rule: which writes a webhook wants to see. */
export interface HookRule {
  /** `CREATE`, `UPDATE`, `DELETE`, `CONNECT` or `*`. */
  readonly operations?: readonly string[];
  /** Groups, or `*`. */
  readonly apiGroups?: readonly string[];
  /** Versions, or `*`. */
  readonly apiVersions?: readonly string[];
  /** Resources and subresources, such as `pods` and `pods/status`; either part may be a star. */
  readonly resources?: readonly string[];
  /** `Cluster`, `Namespaced` or `*`. */
  readonly scope?: string;
}

/** A match condition: a CEL expression that has to hold. */
export interface MatchCondition {
  /** Names it in errors. */
  readonly name: string;
  /** CEL, about the request. */
  readonly expression: string;
}

/** An entry of `webhooks`, with defaults. */
export interface HookSpec {
  /** Fully qualified. */
  readonly name: string;
  /** Where it is. */
  readonly clientConfig: WebhookClientConfig;
  /** Which writes it wants to see. */
  readonly rules?: readonly HookRule[];
  /** `Fail` or `Ignore`. */
  readonly failurePolicy?: string;
  /** `Equivalent` or `Exact`. */
  readonly matchPolicy?: string;
  /** Of which namespaces. */
  readonly namespaceSelector?: JsonObject;
  /** Of which objects. */
  readonly objectSelector?: JsonObject;
  /** `None` or `NoneOnDryRun` where dry runs may be shown. */
  readonly sideEffects?: string;
  /** How long it may take. */
  readonly timeoutSeconds?: number;
  /** In the order it likes them. */
  readonly admissionReviewVersions?: readonly string[];
  /** `Never` or `IfNeeded`. */
  readonly reinvocationPolicy?: string;
  /** All have to hold. */
  readonly matchConditions?: readonly MatchCondition[];
}

/** A webhook with what is made of its settings once. */
export interface Hook {
  /** Tells it apart from all others: configuration, name and how many of that name came before. */
  readonly id: string;
  /** The configuration it stands in. */
  readonly configuration: string;
  /** As the configuration says. */
  readonly spec: HookSpec;
  /** Compiled. */
  readonly namespaceSelector: LabelSelector;
  /** Compiled. */
  readonly objectSelector: LabelSelector;
}

/** A store that tells of its writes as they happen. */
export interface ObservableStore extends Store {
  /** Calls `observer` on every write; gives back how to stop that. */
  observe(observer: (event: StoreEvent) => void): () => void;
}

/** The webhooks of one kind of configuration. */
export class Hooks {
  readonly #store: ObservableStore;
  readonly #storage: string;
  #hooks: readonly Hook[] | undefined;

  /** Those in `storage`, the configurations' own. */
  constructor(store: ObservableStore, resource: string) {
    this.#store = store;
    this.#storage = `admissionregistration.k8s.io/${resource}`;
    store.observe(({ entry }) => {
      if (entry.storage === this.#storage) this.#hooks = undefined;
    });
  }

  /** All webhooks: configurations by name, their webhooks as they stand there. */
  get all(): readonly Hook[] {
    return this.#hooks ??= this.#read();
  }

  #read(): Hook[] {
    return this.#store.list(this.#storage).entries.map(({ object }) => object)
      .sort((a, b) => compareGo(a.metadata.name!, b.metadata.name!))
      .flatMap(hooksOf);
  }
}

function hooksOf({ metadata, webhooks }: KubeObject): Hook[] {
  const counts = new Map<string, number>();
  return ((webhooks ?? []) as readonly HookSpec[]).map((spec) => {
    const count = counts.get(spec.name) ?? 0;
    counts.set(spec.name, count + 1);
    return {
      id: `${metadata.name}/${spec.name}/${count}`,
      configuration: metadata.name!,
      spec,
      namespaceSelector: compileLabelSelector(spec.namespaceSelector ?? {}),
      objectSelector: compileLabelSelector(spec.objectSelector ?? {}),
    };
  });
}
