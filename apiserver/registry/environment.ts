// What the verbs share: the data, time, chance and the plugins of one
// server. Nothing here acts.

import type { Clock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { AdmissionMetrics } from "../admission/admission_metrics.ts";
import type { AdmissionPlugin } from "../admission/plugin.ts";
import type { ServiceAccountTokens } from "../auth/service_account_tokens.ts";
import type { Authenticator, Authorizer } from "../auth/types.ts";
import type { ResourceDefinition, StrategyContext } from "../definition.ts";
import type { Definitions } from "../definitions.ts";
import type { RequestContext, Target } from "../request.ts";

/** Everything a verb may use. */
export interface Environment {
  /** The data. */
  readonly store: Store;
  /** The time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** What is served. */
  readonly definitions: Definitions;
  /** In the order in which they are asked. */
  readonly admission: readonly AdmissionPlugin[];
  /** Told how admission goes. */
  readonly admissionMetrics?: AdmissionMetrics;
  /** Who can tell whom a token belongs to. */
  readonly authenticators: readonly Authenticator[];
  /** Asked where a verb needs a second permission, as a PUT that creates does. Absent: everything is allowed. */
  readonly authorizer?: Authorizer;
  /** Signs what TokenRequests ask for. */
  readonly tokens?: ServiceAccountTokens;
}

/** The key under which an object lies in its storage. */
export function keyOf(definition: ResourceDefinition, namespace: string, name: string): string {
  return definition.namespaced ? `${namespace}/${name}` : name;
}

/** Group and resource, as errors name them. */
export function groupResource(
  definition: ResourceDefinition,
): { group: string; resource: string } {
  return { group: definition.group, resource: definition.resource };
}

/** Group and kind, as errors of validation name them: those of the storage, whatever version was asked for. */
export function groupKind(
  { storage, kind }: ResourceDefinition,
): { group: string; kind: string } {
  return { group: storage.slice(0, storage.indexOf("/")), kind };
}

/** What strategies see of a request. */
export function strategyContext(
  env: Environment,
  context: RequestContext,
  target: Target,
  dryRun: boolean,
): StrategyContext {
  return {
    user: context.user,
    namespace: target.namespace,
    clock: env.clock,
    random: env.random,
    store: env.store,
    dryRun,
    warn: (text) => context.warn(text),
  };
}
