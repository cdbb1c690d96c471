// Admission plugin ValidatingAdmissionWebhook: asks all webhooks at once;
// the first to refuse is heard.
// Source: k8s.io/apiserver admission/plugin/webhook/validating.

import { StatusError } from "../../runtime/status.ts";
import type {
  AdmissionAttributes,
  AdmissionPlugin,
  AdmissionServices,
} from "../admission/plugin.ts";
import type { ResourceDefinition } from "../definition.ts";
import { askHook, HookFailure } from "./hook_caller.ts";
import { Hooks, type ObservableStore } from "./hooks.ts";
import {
  type Invocation,
  isExempt,
  type MatchConditions,
  matchHook,
  meetsConditions,
} from "./match.ts";
import { type VersionedObjects, versionedObjects } from "./versioned_objects.ts";
import type { WebhookClient } from "./webhook_client.ts";

/** What webhook plugins work with. */
export interface WebhookPluginOptions {
  /** Holds the configurations. */
  readonly store: ObservableStore;
  /** Calls the webhooks. */
  readonly client: WebhookClient;
  /** Evaluates match conditions. Absent: they count as met. */
  readonly matchConditions?: MatchConditions;
}

/** Everything is over when the request is. */
export function checkNotOver({ context }: AdmissionAttributes): void {
  if (context.signal?.aborted !== true) return;
  throw new StatusError(
    504,
    "Timeout",
    "Timeout: request did not complete within requested timeout",
    {},
  );
}

/** The plugin. */
export function validatingWebhooks(options: WebhookPluginOptions): AdmissionPlugin {
  const hooks = new Hooks(options.store, "validatingwebhookconfigurations");
  return {
    name: "ValidatingAdmissionWebhook",
    handles: (attributes) => hooks.all.length > 0 && !isExempt(attributes),
    validate(attributes, services) {
      const matching = hooks.all.map((hook) => matchHook(hook, attributes, services))
        .filter((invocation) => invocation !== undefined);
      return matching.length === 0 ? undefined : ask(options, matching, attributes, services);
    },
  };
}

async function ask(
  options: WebhookPluginOptions,
  matching: readonly Invocation[],
  attributes: AdmissionAttributes,
  services: AdmissionServices,
): Promise<void> {
  const versions = new Map<ResourceDefinition, VersionedObjects>();
  const relevant: Invocation[] = [];
  for (const invocation of matching) {
    const { definition } = invocation;
    let objects = versions.get(definition);
    if (objects === undefined) {
      versions.set(definition, objects = await versionedObjects(attributes, definition));
    }
    if (meetsConditions(invocation, attributes, objects, options.matchConditions)) {
      relevant.push(invocation);
    }
  }
  if (relevant.length === 0) return;
  checkNotOver(attributes);
  const refusals: unknown[] = [];
  await Promise.all(relevant.map(async (invocation, index) => {
    const objects = versions.get(invocation.definition)!;
    try {
      await askHook(options.client, invocation, attributes, objects, services, false);
    } catch (error) {
      if (!(error instanceof HookFailure)) refusals.push(error);
      else if (invocation.hook.spec.failurePolicy !== "Ignore") refusals.push(error.status);
      else {
        attributes.context.annotate?.(
          `failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`,
          invocation.hook.spec.name,
        );
      }
    }
  }));
  if (refusals.length > 0) throw refusals[0];
}
