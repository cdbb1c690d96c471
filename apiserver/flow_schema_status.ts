// Says of every flow schema whether the priority level that it names is
// there, as the server's own consumer of the configuration does. Requests are
// not limited by it. Source: k8s.io/apiserver util/flowcontrol/apf_controller.go.

import { serverSideApply } from "../runtime/apply/mod.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { apiVersionOf, type KubeObject } from "../runtime/object.ts";
import type { Entry, StoreEvent } from "../runtime/store/types.ts";
import type { ObservableStore } from "./crd/custom_resources.ts";
import type { ResourceDefinition } from "./definition.ts";
import type { Definitions } from "./definitions.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const SCHEMAS = `${GROUP}/flowschemas`;
const LEVELS = `${GROUP}/prioritylevelconfigurations`;
const MANAGER = "api-priority-and-fairness-config-consumer-v1";

/** What a {@linkcode FlowSchemaStatus} works on. */
export interface FlowSchemaStatusOptions {
  readonly store: ObservableStore;
  readonly definitions: Definitions;
  readonly clock: Clock;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Follows the flow schemas and priority levels of one cluster. */
export class FlowSchemaStatus {
  readonly #options: FlowSchemaStatusOptions;
  readonly #stop: () => void;

  /** Looks at what is written from now on. */
  constructor(options: FlowSchemaStatusOptions) {
    this.#options = options;
    this.#stop = options.store.observe((event) => this.#observe(event));
  }

  /** Stops following. */
  close(): void {
    this.#stop();
  }

  #observe({ type, entry }: StoreEvent): void {
    if (entry.storage === SCHEMAS && type !== "DELETED") this.#settle(entry);
    else if (entry.storage === LEVELS && type !== "MODIFIED") {
      for (const schema of this.#options.store.list(SCHEMAS).entries) {
        if (levelOf(schema.object) === entry.key) this.#settle(schema);
      }
    }
  }

  #settle(entry: Entry): void {
    const { store, definitions, clock } = this.#options;
    const definition = definitions.byStorage(SCHEMAS)
      .find((definition) => apiVersionOf(definition) === entry.object.apiVersion);
    if (definition === undefined) return;
    const level = levelOf(entry.object);
    const wanted = dangling(level, store.get(LEVELS, level) === undefined);
    if (isSet(entry.object, wanted)) return;
    const object = applied(definition, entry.object, wanted, rfc3339(clock.now()));
    store.put(SCHEMAS, entry.key, object, entry.revision);
  }
}

function levelOf(schema: KubeObject): string {
  return schema["spec"]?.priorityLevelConfiguration?.name ?? "";
}

function dangling(level: string, isDangling: boolean): Condition {
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${
    JSON.stringify(level)
  }`;
  return isDangling
    ? {
      type: "Dangling",
      status: "True",
      reason: "NotFound",
      message: `${about} but there is no such object`,
    }
    : { type: "Dangling", status: "False", reason: "Found", message: `${about} and it exists` };
}

function isSet({ status }: KubeObject, wanted: Condition): boolean {
  const conditions: readonly Condition[] = status?.conditions ?? [];
  return conditions.some(({ type, status, reason, message }) =>
    type === wanted.type && status === wanted.status && reason === wanted.reason &&
    message === wanted.message
  );
}

function applied(
  definition: ResourceDefinition,
  live: KubeObject,
  condition: Condition,
  time: string,
): KubeObject {
  const { type, status, reason, message } = condition;
  return serverSideApply({
    node: definition.schema,
    kind: definition.kind,
    apiVersion: apiVersionOf(definition),
    manager: MANAGER,
    subresource: "status",
    time,
    live,
    config: {
      apiVersion: live.apiVersion,
      kind: live.kind,
      metadata: { name: live.metadata.name! },
      status: { conditions: [{ type, status, lastTransitionTime: time, reason, message }] },
    },
    force: true,
  }).object;
}
