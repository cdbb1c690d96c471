// Checks of a KubeadmControlPlane's spec, shared by the kind itself and its
// template. Source: Cluster API's kubeadm control plane webhooks.

import {
  type FieldError,
  forbiddenField,
  invalid,
  printValue,
  required,
} from "../runtime/field/error.ts";
import { isDNS1123Subdomain } from "../runtime/names.ts";
import { hasRandomPart, renderName } from "../runtime/name_template.ts";
import type { JsonObject, JsonValue } from "../runtime/object.ts";
import { compareVersions, parseVersion } from "../runtime/semantic_version.ts";
import { validateKubeadmConfigSpec } from "./kubeadm_config_spec.ts";
import type { KubeadmFeatures } from "./kubeadm_features.ts";
import { validateMachineTaints } from "./machine_taints.ts";
import { validateTemplateMetadata } from "./template_metadata.ts";

const AUTHORITY_DAYS_DEFAULT = 3650;

/** What is wrong with a spec at `path`, apart from replicas, version and the infrastructure reference. */
export function validateControlPlaneSpec(
  spec: JsonObject,
  path: string,
  features: KubeadmFeatures,
): FieldError[] {
  const machineTemplate = object(spec.machineTemplate);
  const inner = object(machineTemplate.spec);
  const configuration = object(spec.kubeadmConfigSpec);
  const taints = inner.taints as { key: string }[] | undefined;
  return [
    ...validateTemplateMetadata(
      machineTemplate.metadata as { labels?: Record<string, string> } | undefined,
      `${path}.machineTemplate.metadata`,
    ),
    ...validateMachineTaints(
      taints,
      `${path}.machineTemplate.spec.taints`,
      features.taints === true,
    ),
    ...validateRollout(spec, path),
    ...validateNaming(object(spec.machineNaming).template, `${path}.machineNaming.template`),
    ...validateClusterConfiguration(
      object(configuration.clusterConfiguration),
      `${path}.kubeadmConfigSpec.clusterConfiguration`,
    ),
    ...validateKubeadmConfigSpec(configuration, `${path}.kubeadmConfigSpec`, features),
    ...validateHealthTimeouts(configuration, `${path}.kubeadmConfigSpec`),
  ];
}

/** What is wrong with replicas. */
export function validateReplicas(
  replicas: JsonValue | undefined,
  configuration: JsonObject,
  path: string,
): FieldError[] {
  if (typeof replicas !== "number") return [required(path, "is required")];
  // What is not positive is certainly not a question of parity.
  if (replicas <= 0) return [forbiddenField(path, "cannot be less than or equal to 0")];
  const external = object(configuration.etcd).external !== undefined;
  return external || replicas % 2 === 1
    ? []
    : [forbiddenField(path, "cannot be an even number when etcd is stacked")];
}

function validateRollout(spec: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const rollout = object(spec.rollout);
  const strategy = object(rollout.strategy);
  const configuration = object(object(spec.kubeadmConfigSpec).clusterConfiguration);
  const surge = object(strategy.rollingUpdate).maxSurge;
  const at = `${path}.rollout.strategy`;
  if (strategy.type !== undefined && strategy.type !== "RollingUpdate") {
    errors.push(required(`${at}.type`, "only RollingUpdate is supported"));
  }
  if (surge !== undefined && surge !== 0 && surge !== 1 && surge !== "0" && surge !== "1") {
    errors.push(required(`${at}.rollingUpdate.maxSurge`, "value must be 1 or 0"));
  }
  if ((surge === 0 || surge === "0") && typeof spec.replicas === "number" && spec.replicas < 3) {
    errors.push(
      required(
        `${at}.rollingUpdate`,
        "when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3",
      ),
    );
  }
  const days = configuration.certificateValidityPeriodDays;
  const authorityDays = Number(
    configuration.caCertificateValidityPeriodDays || AUTHORITY_DAYS_DEFAULT,
  );
  if (strategy.type === undefined || typeof days !== "number") return errors;
  if (days > authorityDays) {
    errors.push(
      invalid(
        `${path}.kubeadmConfigSpec.clusterConfiguration.certificateValidityPeriodDays`,
        days,
        `must be less than or equal to caCertificateValidityPeriodDays (${authorityDays})`,
      ),
    );
  }
  const before = object(rollout.before).certificatesExpiryDays;
  if (typeof before === "number" && before >= days) {
    errors.push(
      invalid(
        `${path}.rollout.before.certificatesExpiryDays`,
        before,
        `must be less than certificateValidityPeriodDays (${days})`,
      ),
    );
  }
  return errors;
}

function validateNaming(template: JsonValue | undefined, path: string): FieldError[] {
  if (typeof template !== "string") return [];
  if (!hasRandomPart(template)) {
    return [invalid(path, template, "invalid template, {{ .random }} is missing")];
  }
  let name: string;
  try {
    name = renderName(template, {
      ".cluster.name": "cluster",
      ".kubeadmControlPlane.name": "kubeadmcontrolplane",
      ".random": "abcde",
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [invalid(path, template, `invalid template: ${why}`)];
  }
  return isDNS1123Subdomain(name).map((problem) =>
    invalid(
      path,
      template,
      `invalid template, generated name is not a valid Kubernetes object name: ${problem}`,
    )
  );
}

const IMAGE_TAG = /^[\w][\w.-]{0,127}$/;

function validateClusterConfiguration(configuration: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const dnsTag = object(configuration.dns).imageTag;
  if (typeof dnsTag === "string" && dnsTag !== "") {
    const at = `${path}.dns.imageTag`;
    if (!IMAGE_TAG.test(dnsTag)) {
      errors.push(forbiddenField(at, `tag ${printValue(dnsTag)} is invalid`));
    } else if (coreVersion(dnsTag) === undefined) {
      errors.push(
        forbiddenField(at, `failed to parse CoreDNS version from tag ${printValue(dnsTag)}`),
      );
    }
  }
  const etcd = object(configuration.etcd);
  const etcdTag = object(etcd.local).imageTag;
  if (typeof etcdTag === "string" && etcdTag !== "" && !IMAGE_TAG.test(etcdTag)) {
    errors.push(
      forbiddenField(`${path}.etcd.local.imageTag`, `tag ${printValue(etcdTag)} is invalid`),
    );
  }
  if (etcd.local !== undefined && etcd.external !== undefined) {
    errors.push(forbiddenField(`${path}.etcd.local`, "cannot have both external and local etcd"));
  }
  return errors;
}

/** The version in an image tag: `_` stands for `+` there. */
function coreVersion(tag: string): ReturnType<typeof parseVersion> {
  return parseVersion(tag.replaceAll("_", "+"));
}

function validateHealthTimeouts(configuration: JsonObject, path: string): FieldError[] {
  const name = "controlPlaneComponentHealthCheckSeconds";
  const [init, join] = ["initConfiguration", "joinConfiguration"].map((form) =>
    object(object(configuration[form]).timeouts)[name]
  );
  if (init === join) return [];
  return [
    invalid(
      `${path}.initConfiguration.timeouts.${name}`,
      init ?? "",
      `${name} must be set to the same value both in initConfiguration.timeouts and in joinConfiguration.timeouts`,
    ),
    invalid(
      `${path}.joinConfiguration.timeouts.${name}`,
      join ?? "",
      `${name} must be set to the same value both in initConfiguration.timeouts and in joinConfiguration.timeouts`,
    ),
  ];
}

/** What is wrong with a change of the Kubernetes version: at most one minor up, any way down. */
export function validateVersionChange(from: string, to: string, path: string): FieldError[] {
  const [old, next] = [parseVersion(from), parseVersion(to)];
  if (old === undefined) return [invalid(path, from, "could not parse version")];
  if (next === undefined) return [invalid(path, to, "could not parse version")];
  const ceiling = { major: old.major, minor: old.minor + 2, patch: 0, pre: ["0"], build: "" };
  return compareVersions(next, ceiling) >= 0
    ? [forbiddenField(path, `cannot update Kubernetes version from ${from} to ${to}`)]
    : [];
}

/** What is wrong with a change of the CoreDNS tag. */
export function validateCoreDNSChange(
  old: JsonObject,
  next: JsonObject,
  path: string,
): FieldError[] {
  const [from, to] = [old, next].map((configuration) => object(configuration.dns).imageTag);
  if (typeof from !== "string" || typeof to !== "string" || from === to) return [];
  const [fromVersion, toVersion] = [coreVersion(from), coreVersion(to)];
  const at = `${path}.dns.imageTag`;
  if (fromVersion === undefined || toVersion === undefined) {
    return [forbiddenField(at, `failed to parse CoreDNS version from tag ${printValue(to)}`)];
  }
  return compareVersions(toVersion, fromVersion) < 0
    ? [forbiddenField(at, `cannot migrate CoreDNS up to '${to}' from '${from}'`)]
    : [];
}

function object(value: JsonValue | undefined): JsonObject {
  return (value ?? {}) as JsonObject;
}
