// The webhooks of KubeadmControlPlane, its scale subresource and
// KubeadmControlPlaneTemplate. Source: Cluster API's kubeadm control plane
// webhooks; errors name the core group, as theirs do.

import { type FieldError, forbiddenField, invalid, invalidObject } from "../runtime/field/error.ts";
import {
  clone,
  equal,
  isObject,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../runtime/object.ts";
import { parseVersion } from "../runtime/semantic_version.ts";
import { badRequest } from "../runtime/status.ts";
import type { KubeadmFeatures } from "./kubeadm_features.ts";
import {
  validateControlPlaneSpec,
  validateCoreDNSChange,
  validateReplicas,
  validateVersionChange,
} from "./kubeadm_control_plane_spec.ts";
import { validateTemplateMetadata } from "./template_metadata.ts";
import type { Webhook, WebhookRequest } from "./webhook.ts";

const GROUP = "controlplane.cluster.x-k8s.io";
const ERROR_GROUP = "cluster.x-k8s.io";
const SKIP_COREDNS = "controlplane.cluster.x-k8s.io/skip-coredns";

/** The webhook of KubeadmControlPlane, also asked about its scale. */
export function kubeadmControlPlaneWebhook(features: KubeadmFeatures = {}): Webhook {
  return {
    group: GROUP,
    resource: "kubeadmcontrolplanes",
    subresources: ["scale"],
    default({ object, subresource }) {
      if (subresource === undefined) setDefaults(object);
    },
    validate(request) {
      if (request.operation === "DELETE") return;
      if (request.subresource === "scale") return validateScale(request);
      validateControlPlane(request, features);
      return;
    },
  };
}

function setDefaults(object: KubeObject): void {
  object.spec ??= {};
  const { spec } = object;
  spec.replicas ??= 1;
  if (typeof spec.version === "string" && !spec.version.startsWith("v")) {
    spec.version = `v${spec.version}`;
  }
  setStrategyDefaults(spec);
}

function setStrategyDefaults(spec: JsonObject): void {
  const rollout = (spec.rollout ??= {}) as JsonObject;
  const strategy = (rollout.strategy ??= {}) as JsonObject;
  strategy.type = "RollingUpdate";
  const rolling = (strategy.rollingUpdate ??= {}) as JsonObject;
  rolling.maxSurge ??= 1;
}

function validateControlPlane(
  { operation, object, old }: WebhookRequest,
  features: KubeadmFeatures,
): void {
  const spec: JsonObject = object.spec ?? {};
  const configuration = clusterConfigurationOf(spec);
  const errors = [
    ...validateReplicas(spec.replicas, configuration, "spec.replicas"),
    ...validateVersion(spec.version),
    ...validateReference(spec),
    ...validateControlPlaneSpec(spec, "spec", features),
    ...(operation === "UPDATE" && old !== undefined ? validateChange(object, old) : []),
  ];
  if (errors.length === 0) return;
  throw invalidObject(
    { group: ERROR_GROUP, kind: "KubeadmControlPlane" },
    object.metadata.name ?? "",
    errors,
  );
}

function clusterConfigurationOf(spec: JsonObject): JsonObject {
  const config = (spec.kubeadmConfigSpec ?? {}) as JsonObject;
  return (config.clusterConfiguration ?? {}) as JsonObject;
}

function validateVersion(version: JsonValue | undefined): FieldError[] {
  return typeof version === "string" && version.startsWith("v") &&
      parseVersion(version) !== undefined
    ? []
    : [invalid("spec.version", version ?? "", "must be a valid semantic version")];
}

function validateReference(spec: JsonObject): FieldError[] {
  const template = (spec.machineTemplate ?? {}) as JsonObject;
  const inner = (template.spec ?? {}) as JsonObject;
  const reference = (inner.infrastructureRef ?? {}) as JsonObject;
  const path = "spec.machineTemplate.spec.infrastructureRef";
  return ["apiGroup", "name", "kind"].flatMap((name) =>
    reference[name] ? [] : [invalid(`${path}.${name}`, reference[name] ?? "", "cannot be empty")]
  );
}

const CLUSTER_CONFIGURATION = "spec.kubeadmConfigSpec.clusterConfiguration";

// Everything in the spec may change, except these and what lies below them.
const FROZEN = [
  `${CLUSTER_CONFIGURATION}.controlPlaneEndpoint`,
  `${CLUSTER_CONFIGURATION}.certificatesDir`,
  `${CLUSTER_CONFIGURATION}.caCertificateValidityPeriodDays`,
];
// Parts of these may go, they themselves may not.
const KEPT = [
  "spec.kubeadmConfigSpec",
  CLUSTER_CONFIGURATION,
  "spec.kubeadmConfigSpec.initConfiguration",
  "spec.kubeadmConfigSpec.joinConfiguration",
];

function validateChange(object: KubeObject, old: KubeObject): FieldError[] {
  const [next, before]: JsonObject[] = [object.spec ?? {}, old.spec ?? {}];
  const configurations = [before, next].map((spec) => clusterConfigurationOf(spec ?? {}));
  const [wasIn = {}, isIn = {}] = configurations;
  const skip = object.metadata.annotations?.[SKIP_COREDNS] !== undefined;
  return [
    ...changedPaths(before ?? {}, next ?? {}, "spec")
      .filter((path) => !mayChange(path, next ?? {}))
      .map((path) => forbiddenField(path, "cannot be modified")),
    ...validateVersionChange(
      String(before?.version ?? ""),
      String(next?.version ?? ""),
      "spec.version",
    ),
    ...validateEtcdSwitch(wasIn, isIn),
    ...(skip ? [] : validateCoreDNSChange(wasIn, isIn, CLUSTER_CONFIGURATION)),
  ];
}

function mayChange(path: string, next: JsonObject): boolean {
  if (FROZEN.some((frozen) => path === frozen || path.startsWith(`${frozen}.`))) return false;
  return !(KEPT.includes(path) && at(next, path) === undefined);
}

function at(spec: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = spec;
  for (const name of path.split(".").slice(1)) value = (value as JsonObject | undefined)?.[name];
  return value;
}

/** The leaves of the merge patch between two trees: changed values, added leaves, removed subtrees. */
function changedPaths(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
): string[] {
  if (equal(before, after)) return [];
  if (!isObject(after)) return [path];
  const from = isObject(before) ? before : {};
  const names = new Set([...Object.keys(from), ...Object.keys(after)]);
  const paths = [...names].flatMap((name) =>
    changedPaths(from[name], after[name], `${path}.${name}`)
  );
  return paths.length === 0 ? [path] : paths;
}

function validateEtcdSwitch(before: JsonObject, after: JsonObject): FieldError[] {
  const [old, next] = [before, after].map(({ etcd }) => (etcd ?? {}) as JsonObject);
  const path = `${CLUSTER_CONFIGURATION}.etcd`;
  const why = "cannot change between external and local etcd";
  if (old?.external === undefined && next?.external !== undefined) {
    return [forbiddenField(`${path}.external`, why)];
  }
  if (old?.external !== undefined && next?.external === undefined) {
    return [forbiddenField(`${path}.local`, why)];
  }
  return [];
}

/** Scaling is judged by the control plane that is scaled. */
async function validateScale({ object, old, client }: WebhookRequest): Promise<void> {
  const replicas = object.spec?.replicas;
  const { namespace = "", name = "" } = object.metadata;
  const kcp = old?.kind === "KubeadmControlPlane" ? old : await client?.get(
    { apiVersion: `${GROUP}/v1beta2`, resource: "kubeadmcontrolplanes" },
    { namespace, name },
  );
  if (kcp === undefined) throw badRequest(`KubeadmControlPlane ${namespace}/${name} is not known`);
  const [error] = validateReplicas(
    replicas,
    clusterConfigurationOf(kcp.spec ?? {}),
    "spec.replicas",
  );
  if (error === undefined) return;
  throw invalidObject({ group: ERROR_GROUP, kind: "KubeadmControlPlane" }, name, [error]);
}

/** The webhook of KubeadmControlPlaneTemplate. */
export function kubeadmControlPlaneTemplateWebhook(features: KubeadmFeatures = {}): Webhook {
  return {
    group: GROUP,
    resource: "kubeadmcontrolplanetemplates",
    validate({ operation, object, old }) {
      if (operation === "DELETE") return;
      const template: JsonObject = object.spec?.template ?? {};
      const inner = (template.spec ?? {}) as JsonObject;
      const path = "spec.template.spec";
      const errors = operation === "UPDATE" && old !== undefined
        ? validateImmutable(object, old)
        : [
          ...(features.topology ? [] : [forbiddenField(
            "spec",
            "can be set only if the ClusterTopology feature flag is enabled",
          )]),
          ...validateControlPlaneSpec(inner, path, features),
          ...validateTemplateMetadata(
            template.metadata as { labels?: Record<string, string> } | undefined,
            "spec.template.metadata",
          ),
        ];
      if (errors.length === 0) return;
      const kind = "KubeadmControlPlaneTemplate";
      throw invalidObject({ group: ERROR_GROUP, kind }, object.metadata.name ?? "", errors);
    },
  };
}

function validateImmutable(object: KubeObject, old: KubeObject): FieldError[] {
  const [before, after] = [old, object].map((one) =>
    withLegacyDefaults(one.spec?.template?.spec ?? {})
  );
  if (equal(before, after)) return [];
  return [
    invalid(
      "spec.template.spec",
      object.spec?.template?.spec ?? {},
      "KubeadmControlPlaneTemplate spec.template.spec field is immutable. Please create new resource instead.",
    ),
  ];
}

/** As older versions of the webhook stored it: dropping what was once a default is no change. */
function withLegacyDefaults(spec: JsonObject): JsonObject {
  const copy = clone(spec);
  setStrategyDefaults(copy);
  const config = (copy.kubeadmConfigSpec ??= {}) as JsonObject;
  config.format ??= "cloud-config";
  for (const name of ["initConfiguration", "joinConfiguration"]) {
    const form = (config[name] ??= {}) as JsonObject;
    const registration = (form.nodeRegistration ??= {}) as JsonObject;
    registration.imagePullPolicy ??= "IfNotPresent";
  }
  return copy;
}
