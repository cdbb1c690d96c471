// The webhooks of ClusterResourceSet and its binding. Source: Cluster API's
// addons webhooks.

import { type FieldError, invalid } from "../runtime/field/error.ts";
import { equal, type KubeObject } from "../runtime/object.ts";
import { compileLabelSelector, SelectorError } from "../runtime/selector/label.ts";
import { refuseIn } from "./core_kinds.ts";
import type { Webhook } from "./webhook.ts";

const ADDONS_GROUP = "addons.cluster.x-k8s.io";

/** The webhook of ClusterResourceSet. */
export function clusterResourceSetWebhook(): Webhook {
  return {
    group: ADDONS_GROUP,
    resource: "clusterresourcesets",
    default({ object }) {
      object.spec ??= {};
      object.spec.strategy ||= "ApplyOnce";
    },
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      refuseIn(ADDONS_GROUP, "ClusterResourceSet", object, [
        ...validateSelector(object),
        ...validateUnchanged(object, old),
      ]);
    },
  };
}

/** The webhook of ClusterResourceSetBinding. */
export function clusterResourceSetBindingWebhook(): Webhook {
  return {
    group: ADDONS_GROUP,
    resource: "clusterresourcesetbindings",
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      const [before, after] = [old?.spec?.clusterName, object.spec?.clusterName];
      if (!before || before === after) return;
      refuseIn(ADDONS_GROUP, "ClusterResourceSetBinding", object, [
        invalid("spec.clusterName", after ?? "", "field is immutable"),
      ]);
    },
  };
}

function validateSelector({ spec }: KubeObject): FieldError[] {
  const path = "spec.clusterSelector";
  const selector = spec?.clusterSelector ?? {};
  try {
    return compileLabelSelector(selector).empty
      ? [invalid(path, selector, "selector must not be empty")]
      : [];
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return [invalid(path, selector, error.message)];
  }
}

function validateUnchanged({ spec }: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (old === undefined) return [];
  const errors: FieldError[] = [];
  if (old.spec?.strategy && old.spec.strategy !== spec?.strategy) {
    errors.push(invalid("spec.strategy", spec?.strategy ?? "", "field is immutable"));
  }
  if (!equal(old.spec?.clusterSelector, spec?.clusterSelector)) {
    errors.push(invalid("spec.clusterSelector", spec?.clusterSelector, "field is immutable"));
  }
  return errors;
}
