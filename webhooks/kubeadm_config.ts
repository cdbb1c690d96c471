// The webhooks of KubeadmConfig and KubeadmConfigTemplate. Source: Cluster
// API's kubeadm bootstrap webhooks.

import { type FieldError, invalidObject } from "../runtime/field/error.ts";
import { validateKubeadmConfigSpec } from "./kubeadm_config_spec.ts";
import type { KubeadmFeatures } from "./kubeadm_features.ts";
import { validateTemplateMetadata } from "./template_metadata.ts";
import type { Webhook } from "./webhook.ts";

const GROUP = "bootstrap.cluster.x-k8s.io";

function refuse(kind: string, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind }, name, errors);
}

/** The webhook of KubeadmConfig. */
export function kubeadmConfigWebhook(features: KubeadmFeatures = {}): Webhook {
  return {
    group: GROUP,
    resource: "kubeadmconfigs",
    validate({ operation, object }) {
      if (operation === "DELETE") return;
      const errors = validateKubeadmConfigSpec(object.spec ?? {}, "spec", features);
      refuse("KubeadmConfig", object.metadata.name ?? "", errors);
    },
  };
}

/** The webhook of KubeadmConfigTemplate. */
export function kubeadmConfigTemplateWebhook(features: KubeadmFeatures = {}): Webhook {
  return {
    group: GROUP,
    resource: "kubeadmconfigtemplates",
    default({ object, dryRun }) {
      // Objects of a topology's dry run are compared with ones from before these defaults went away.
      const marked = object.metadata.annotations?.["topology.cluster.x-k8s.io/dry-run"];
      const spec = object.spec?.template?.spec;
      if (!dryRun || marked === undefined || spec === undefined) return;
      spec.format ??= "cloud-config";
      for (const name of ["initConfiguration", "joinConfiguration"]) {
        const registration = spec[name]?.nodeRegistration;
        if (registration !== undefined) registration.imagePullPolicy ??= "IfNotPresent";
      }
    },
    validate({ operation, object }) {
      if (operation === "DELETE") return;
      const template = object.spec?.template ?? {};
      const errors = [
        ...validateKubeadmConfigSpec(template.spec ?? {}, "spec.template.spec", features),
        ...validateTemplateMetadata(template.metadata, "spec.template.metadata"),
      ];
      refuse("KubeadmConfigTemplate", object.metadata.name ?? "", errors);
    },
  };
}
