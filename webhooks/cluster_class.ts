// The webhook of ClusterClass: what is not supported is refused before a
// Cluster could miss it, and a class in use stays. Source: Cluster API's
// ClusterClass webhook.

import { duplicate, type FieldError, forbiddenField, invalid } from "../runtime/field/error.ts";
import type { KubeObject } from "../runtime/object.ts";
import { validateClassPatches } from "./class_patches.ts";
import { validateClassVariables } from "./class_variable_definitions.ts";
import type { ClusterClassSpec } from "./class_types.ts";
import { CORE_GROUP, refuse } from "./core_kinds.ts";
import type { Webhook } from "./webhook.ts";

const CLUSTERS = { apiVersion: `${CORE_GROUP}/v1beta2`, resource: "clusters" };

/** The webhook of ClusterClass. */
export function clusterClassWebhook(): Webhook {
  return {
    group: CORE_GROUP,
    resource: "clusterclasses",
    async validate({ operation, object, old, client }) {
      if (operation !== "DELETE") {
        refuse("ClusterClass", object, validateClass(object.spec, old?.spec));
        return;
      }
      const { items } = await client?.list(CLUSTERS) ?? { items: [] };
      if (!items.some((cluster) => uses(cluster, object))) return;
      refuse("ClusterClass", object, [
        forbiddenField("", "ClusterClass cannot be deleted because it is used by a Cluster"),
      ]);
    },
  };
}

function uses({ metadata, spec }: KubeObject, { metadata: ofClass }: KubeObject): boolean {
  const reference = spec?.topology?.classRef;
  return reference?.name === ofClass.name &&
    (reference?.namespace ?? metadata.namespace) === ofClass.namespace;
}

function validateClass(spec: ClusterClassSpec, old?: ClusterClassSpec): FieldError[] {
  const { infrastructure, controlPlane, workers } = spec;
  const deployments = workers?.machineDeployments ?? [];
  const templates: [string, { readonly kind: string } | undefined][] = [
    ["spec.infrastructure", infrastructure.templateRef],
    ["spec.controlPlane", controlPlane.templateRef],
    ["spec.controlPlane.machineInfrastructure", controlPlane.machineInfrastructure?.templateRef],
    ...deployments.flatMap((one, i): [string, { readonly kind: string }][] => [
      [`spec.workers.machineDeployments[${i}].bootstrap`, one.bootstrap.templateRef],
      [`spec.workers.machineDeployments[${i}].infrastructure`, one.infrastructure.templateRef],
    ]),
  ];
  const names = deployments.map((one) => one.class);
  return [
    ...templates.flatMap(([path, reference]) =>
      reference === undefined || reference.kind.endsWith("Template") ? [] : [
        invalid(
          `${path}.templateRef.kind`,
          reference.kind,
          "kind must be of form '<name>Template'",
        ),
      ]
    ),
    ...names.flatMap((name, i) =>
      names.indexOf(name) < i
        ? [duplicate(`spec.workers.machineDeployments[${i}].class`, name)]
        : []
    ),
    ...validateClassVariables(spec.variables ?? [], old?.variables),
    ...validateClassPatches(spec),
    ...validateSupport(spec),
  ];
}

/** Parts of a class that nothing here would act upon. */
function validateSupport({ workers, upgrade }: ClusterClassSpec): FieldError[] {
  const refusal = (path: string, what: string) =>
    forbiddenField(path, `${what} are not supported by the controllers of capim up`);
  return [
    ...((workers?.machinePools ?? []).length > 0
      ? [refusal("spec.workers.machinePools", "MachinePools")]
      : []),
    ...(upgrade?.external?.generateUpgradePlanExtension === undefined
      ? []
      : [refusal("spec.upgrade.external", "runtime extensions")]),
  ];
}
