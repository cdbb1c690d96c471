// The webhook of Cluster. Of a topology it looks at the variables and at what
// can be judged without its ClusterClass. Source: Cluster API's Cluster
// webhook.

import { type FieldError, forbiddenField, invalid, required } from "../runtime/field/error.ts";
import { parseCIDR } from "../runtime/ip.ts";
import { isValidLabelValue } from "../runtime/names.ts";
import type { KubeObject } from "../runtime/object.ts";
import { admitVariables } from "./cluster_variables.ts";
import { CORE_GROUP, refuse } from "./core_kinds.ts";
import { type CoreFeatures, normalizeVersion, validateVersion } from "./machine_template.ts";
import type { Webhook } from "./webhook.ts";

/** The webhook of Cluster. */
export function clusterWebhook(features: CoreFeatures = {}): Webhook {
  return {
    group: CORE_GROUP,
    resource: "clusters",
    async default({ object, old, client }) {
      const topology = object.spec?.topology;
      normalizeVersion(topology);
      if (topology === undefined || features.topology !== true || client === undefined) return;
      refuse("Cluster", object, await admitVariables(object, old, client));
    },
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      refuse("Cluster", object, [
        ...validateName(object),
        ...validateReferences(object, old),
        ...validateNetwork(object),
        ...validateTopology(object, old, features),
      ]);
    },
  };
}

function validateName({ metadata: { name = "" } }: KubeObject): FieldError[] {
  return isValidLabelValue(name).map((problem) => invalid("metadata.name", name, problem));
}

function validateReferences({ spec }: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const member of ["infrastructureRef", "controlPlaneRef"]) {
    if (old?.spec?.[member] !== undefined && spec?.[member] === undefined) {
      errors.push(forbiddenField(`spec.${member}`, "cannot be removed"));
    }
  }
  const none = ["infrastructureRef", "controlPlaneRef", "topology"].every((member) =>
    spec?.[member] === undefined
  );
  if (none) {
    errors.push(
      forbiddenField(
        "spec",
        "one of spec.infrastructureRef, spec.controlPlaneRef or spec.topology must be set",
      ),
    );
  }
  return errors;
}

function validateNetwork({ spec }: KubeObject): FieldError[] {
  const { pods, services } = spec?.clusterNetwork ?? {};
  const ranges: [string, readonly string[]][] = [
    ["pods", pods?.cidrBlocks ?? []],
    ["services", services?.cidrBlocks ?? []],
  ];
  return ranges.flatMap(([member, blocks]) =>
    blocks.flatMap((block, i) =>
      parseCIDR(block) === undefined
        ? [
          invalid(
            `spec.clusterNetwork.${member}.cidrBlocks[${i}]`,
            block,
            `invalid CIDR address: ${block}`,
          ),
        ]
        : []
    )
  );
}

function validateTopology(
  { spec }: KubeObject,
  old: KubeObject | undefined,
  features: CoreFeatures,
): FieldError[] {
  const topology = spec?.topology;
  if (topology === undefined) {
    return old?.spec?.topology === undefined
      ? []
      : [forbiddenField("spec.topology", "cannot be removed from an existing Cluster")];
  }
  if (features.topology !== true) {
    return [
      forbiddenField(
        "spec.topology",
        "can be set only if the ClusterTopology feature flag is enabled",
      ),
    ];
  }
  const errors = validateVersion(topology.version, "spec.topology.version");
  if (!topology.classRef?.name) {
    errors.push(required("spec.topology.classRef.name", "classRef.name cannot be empty"));
  }
  if ((topology.workers?.machinePools ?? []).length > 0) {
    errors.push(
      forbiddenField(
        "spec.topology.workers.machinePools",
        "MachinePools are not supported by the controllers of capim up",
      ),
    );
  }
  if (old !== undefined && old.spec?.topology === undefined) {
    errors.push(
      forbiddenField("spec.topology.classRef", "classRef cannot be set on an existing Cluster"),
    );
  }
  return errors;
}
