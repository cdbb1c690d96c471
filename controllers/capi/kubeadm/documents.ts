// kubeadm's own configuration documents, made from what a KubeadmConfig
// asks for: ClusterConfiguration, InitConfiguration, JoinConfiguration in
// the version that the Machine's kubeadm reads. Source: kubeadm.k8s.io
// v1beta3 and v1beta4.

import { stringify } from "@std/yaml";
import type { JsonObject, JsonValue } from "../../../runtime/object.ts";
import { isAtLeast } from "../../../runtime/semantic_version.ts";

/** The versions of kubeadm's API in use. */
export type KubeadmApiVersion = "kubeadm.k8s.io/v1beta3" | "kubeadm.k8s.io/v1beta4";

/** What kubeadm of a Kubernetes version reads best. Throws for versions before 1.22. */
export function kubeadmApiVersion(kubernetesVersion: string): KubeadmApiVersion {
  if (isAtLeast(kubernetesVersion, 1, 31)) return "kubeadm.k8s.io/v1beta4";
  if (isAtLeast(kubernetesVersion, 1, 22)) return "kubeadm.k8s.io/v1beta3";
  throw new Error(
    `kubeadm of Kubernetes ${kubernetesVersion} is not supported, the oldest is v1.22`,
  );
}

/** What ClusterConfiguration says beside the KubeadmConfig: it comes from the Cluster. */
export interface ClusterFacts {
  readonly clusterName: string;
  readonly kubernetesVersion: string;
  readonly dnsDomain?: string;
  readonly serviceSubnet?: string;
  readonly podSubnet?: string;
}

/** Writes a document as YAML without folding lines. */
export function writeDocument(document: JsonObject): string {
  return stringify(document, { lineWidth: -1, skipInvalid: true });
}

/** The ClusterConfiguration document. `init` matters before v1beta4, which keeps one timeout elsewhere. */
export function clusterConfigurationDocument(
  configuration: JsonObject,
  facts: ClusterFacts,
  api: KubeadmApiVersion,
  init: JsonObject = {},
): JsonObject {
  const v4 = api === "kubeadm.k8s.io/v1beta4";
  const {
    certificateValidityPeriodDays: certificateDays,
    caCertificateValidityPeriodDays: authorityDays,
    encryptionAlgorithm,
    etcd,
    ...rest
  } = configuration;
  return clean({
    apiVersion: api,
    kind: "ClusterConfiguration",
    ...rest,
    apiServer: {
      ...component(rest.apiServer, v4),
      ...(v4 ? {} : {
        timeoutForControlPlane: seconds(
          object(init.timeouts).controlPlaneComponentHealthCheckSeconds,
        ),
      }),
    },
    controllerManager: component(rest.controllerManager, v4),
    scheduler: component(rest.scheduler, v4),
    dns: object(rest.dns),
    etcd: clean({
      ...object(etcd),
      local: object(etcd).local === undefined ? undefined : component(object(etcd).local, v4),
    }),
    networking: clean({
      dnsDomain: facts.dnsDomain,
      podSubnet: facts.podSubnet,
      serviceSubnet: facts.serviceSubnet,
    }),
    clusterName: facts.clusterName,
    kubernetesVersion: facts.kubernetesVersion,
    ...(v4
      ? {
        certificateValidityPeriod: days(certificateDays),
        caCertificateValidityPeriod: days(authorityDays),
        encryptionAlgorithm,
      }
      : {}),
  });
}

/** The InitConfiguration document. */
export function initConfigurationDocument(
  configuration: JsonObject,
  api: KubeadmApiVersion,
): JsonObject {
  const { timeouts, bootstrapTokens, nodeRegistration, localAPIEndpoint, ...rest } = configuration;
  const tokens = bootstrapTokens as JsonObject[] | undefined;
  return clean({
    apiVersion: api,
    kind: "InitConfiguration",
    ...rest,
    bootstrapTokens: tokens?.map(({ ttlSeconds, ...token }) =>
      clean({ ...token, ttl: seconds(ttlSeconds) })
    ),
    localAPIEndpoint: object(localAPIEndpoint),
    nodeRegistration: registration(nodeRegistration, api),
    ...timeoutsOf(timeouts, api),
  });
}

/** The JoinConfiguration document. */
export function joinConfigurationDocument(
  configuration: JsonObject,
  api: KubeadmApiVersion,
): JsonObject {
  const { timeouts, nodeRegistration, discovery, ...rest } = configuration;
  const { file, ...otherDiscovery } = object(discovery);
  const tlsBootstrap = object(timeouts).tlsBootstrapSeconds;
  return clean({
    apiVersion: api,
    kind: "JoinConfiguration",
    ...rest,
    discovery: clean({
      ...otherDiscovery,
      // How the file is made is our affair; kubeadm is told where it is.
      file: file === undefined ? undefined : { kubeConfigPath: object(file).kubeConfigPath },
      timeout: api === "kubeadm.k8s.io/v1beta4" ? undefined : seconds(tlsBootstrap),
    }),
    nodeRegistration: registration(nodeRegistration, api),
    ...timeoutsOf(timeouts, api),
  });
}

function component(value: JsonValue | undefined, v4: boolean): JsonObject {
  const { extraArgs, extraEnvs, ...rest } = object(value);
  return clean({
    ...rest,
    extraArgs: args(extraArgs, v4),
    extraEnvs: v4 ? extraEnvs : undefined,
  });
}

function registration(value: JsonValue | undefined, api: KubeadmApiVersion): JsonObject {
  const v4 = api === "kubeadm.k8s.io/v1beta4";
  const { kubeletExtraArgs, imagePullSerial, taints, ...rest } = object(value);
  const document = clean({
    ...rest,
    kubeletExtraArgs: args(kubeletExtraArgs, v4),
    imagePullSerial: v4 ? imagePullSerial : undefined,
  });
  // No taints at all and the default ones are two things.
  document.taints = taints ?? null;
  return document;
}

function timeoutsOf(value: JsonValue | undefined, api: KubeadmApiVersion): JsonObject {
  if (api !== "kubeadm.k8s.io/v1beta4" || value === undefined) return {};
  const entries = Object.entries(object(value)).map(([name, count]): [string, JsonValue] => [
    name.replace(/Seconds$/, ""),
    seconds(count) ?? null,
  ]);
  return { timeouts: Object.fromEntries(entries) };
}

/** Lists of name and value, or maps before v1beta4. */
function args(value: JsonValue | undefined, v4: boolean): JsonValue | undefined {
  if (v4 || value === undefined) return value;
  const list = value as { name: string; value: string }[];
  return Object.fromEntries(list.map((arg) => [arg.name, arg.value]));
}

function object(value: JsonValue | undefined): JsonObject {
  return (value ?? {}) as JsonObject;
}

function days(value: JsonValue | undefined): string | undefined {
  return typeof value === "number" ? `${value * 24}h0m0s` : undefined;
}

/** A number of seconds as Go prints durations. */
export function seconds(value: JsonValue | undefined): string | undefined {
  if (typeof value !== "number") return undefined;
  const [h, m, s] = [Math.floor(value / 3600), Math.floor(value / 60) % 60, value % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}

/** Without members that are `undefined`. */
function clean(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
