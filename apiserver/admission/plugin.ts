// Admission: what may change or refuse a write after authorization and
// before validation. Source: k8s.io/apiserver/pkg/admission. Plugins run in
// the real server's order (chain.ts).

import type { Clock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Random } from "../../runtime/random.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { AdmissionMetrics } from "./admission_metrics.ts";
import type { RequestContext, Target } from "../request.ts";
import type { ResourceDefinition } from "../definition.ts";

/** One write on its way through admission. */
export interface AdmissionAttributes {
  /** Who asks, and what rides along. */
  readonly context: RequestContext;
  /** What the write is about. */
  readonly target: Target;
  /** What is done. */
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  /** The new object; plugins that mutate change it in place. Absent for DELETE. */
  object?: KubeObject;
  /** Before an update or a deletion. */
  readonly old?: KubeObject;
  /** Go through everything but the write itself. */
  readonly dryRun: boolean;
  /** The options object of the request (CreateOptions, UpdateOptions, DeleteOptions) as JSON; patches have UpdateOptions. */
  readonly options: KubeObject;
  /** Set by the first plugin that wants it. */
  reinvocation?: Reinvocation;
}

/** Plugins are asked a second time when one of them needs to see what others have changed. */
export interface Reinvocation {
  /** This is the second time. */
  again: boolean;
  /** A second time is needed. */
  needed: boolean;
  /** What plugins remember of the first time, by name. */
  readonly values: Map<string, unknown>;
}

/** What plugins may use. */
export interface AdmissionServices {
  /** The cluster's data. */
  readonly store: Store;
  /** The cluster's time. */
  readonly clock: Clock;
  /** The cluster's source of chance. */
  readonly random: Random;
  /** Finds the definition of a kind that is served now. */
  definitionOf(group: string, kind: string): ResourceDefinition | undefined;
  /** Told of webhooks that were asked. */
  readonly metrics?: AdmissionMetrics;
  /** All versions in which the objects of a storage are served. */
  versionsOf?(storage: string): readonly ResourceDefinition[];
}

/** One admission plugin. Refusals are thrown as `StatusError`s. */
export interface AdmissionPlugin {
  /** As the real server calls it. */
  readonly name: string;
  /** Whether it wants to see this request at all; cheap. */
  handles(attributes: AdmissionAttributes): boolean;
  /** First pass: may change `attributes.object`. */
  admit?(
    attributes: AdmissionAttributes,
    services: AdmissionServices,
  ): void | Promise<void>;
  /** Second pass, after validation of the object: must not change anything. */
  validate?(
    attributes: AdmissionAttributes,
    services: AdmissionServices,
  ): void | Promise<void>;
}
