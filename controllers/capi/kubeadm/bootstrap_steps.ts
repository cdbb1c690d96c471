// What happens between "this machine may have its data" and the data: the
// certificates are found, the configuration is completed, the text is made.
// One function for `kubeadm init`, one for `kubeadm join`.

import type { Clock } from "../../../runtime/clock.ts";
import type { Client } from "../../../runtime/client.ts";
import { clone, type JsonObject, type KubeObject } from "../../../runtime/object.ts";
import { ownerReference } from "../../../runtime/owner.ts";
import type { Random } from "../../../runtime/random.ts";
import { INTERNAL_ERROR_MESSAGE, setCondition } from "../conditions.ts";
import { markV1Beta1True, setV1Beta1Condition } from "../conditions_v1beta1.ts";
import type { ConfigScope } from "../kubeadm_config.ts";
import { type BootstrapParts, cloudConfig } from "./bootstrap_data.ts";
import { resolveFiles, resolveUsers } from "./bootstrap_files.ts";
import {
  certificateSettings,
  type ClusterCertificate,
  controlPlaneCertificates,
  createMissingCertificates,
  lookUpCertificates,
  workerCertificates,
} from "./certificates.ts";
import { discoveryFile, fillDiscovery } from "./discovery.ts";
import {
  clusterConfigurationDocument,
  type ClusterFacts,
  initConfigurationDocument,
  joinConfigurationDocument,
  kubeadmApiVersion,
  writeDocument,
} from "./documents.ts";
import { ignitionConfig } from "./ignition.ts";
import { hostPort, isEndpointValid } from "./kubeconfig.ts";
import { RESOURCES } from "./names.ts";
import { getOrUndefined } from "./reads.ts";
import { parseVersion } from "../../../runtime/semantic_version.ts";

const UNINITIALIZED_TAINT = {
  key: "node.cluster.x-k8s.io/uninitialized",
  effect: "NoSchedule",
};

/** What joining needs beside the scope. */
export interface JoinServices {
  readonly client: Client;
  readonly workload: Client | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** The data of the first control plane machine. Completes `scope.config` on the way. */
export async function prepareInit(
  client: Client,
  clock: Clock,
  scope: ConfigScope,
): Promise<string> {
  const { config, cluster, owner } = scope;
  const version = versionOf(owner);
  const endpoint = cluster.spec?.controlPlaneEndpoint;
  if (!config.spec?.clusterConfiguration?.controlPlaneEndpoint && isEndpointValid(endpoint)) {
    config.spec ??= {};
    config.spec.clusterConfiguration ??= {};
    config.spec.clusterConfiguration.controlPlaneEndpoint = hostPort(endpoint);
  }
  const configuration: JsonObject = config.spec?.clusterConfiguration ?? {};
  const certificates = controlPlaneCertificates(configuration);
  await withCertificates(scope, clock, async () => {
    const { namespace = "", name = "" } = cluster.metadata;
    await lookUpCertificates(client, namespace, name, certificates);
    if (cluster.spec?.controlPlaneRef !== undefined) return;
    await createMissingCertificates(
      client,
      namespace,
      name,
      certificates,
      { ...ownerReference(config), controller: true, blockOwnerDeletion: true },
      certificateSettings(configuration),
      clock.now(),
    );
  });
  const init: JsonObject = config.spec?.initConfiguration ?? {};
  const api = kubeadmApiVersion(version);
  const documents = [
    clusterConfigurationDocument(configuration, factsOf(cluster, version), api, init),
    initConfigurationDocument(init, api),
  ].map(writeDocument);
  return await render(client, scope, { certificates, documents, command: "init" });
}

/** The data of a machine that joins; `undefined` while something has to be waited for. Completes `scope.config` on the way. */
export async function prepareJoin(
  services: JoinServices,
  scope: ConfigScope,
  controlPlane: boolean,
): Promise<string | undefined> {
  const { config, cluster, owner } = scope;
  const { client, clock } = services;
  const version = versionOf(owner);
  config.spec ??= {};
  const join: JsonObject = (config.spec.joinConfiguration ??= {});
  const certificates = controlPlane
    ? controlPlaneCertificates(config.spec.clusterConfiguration)
    : workerCertificates(join.caCertPath as string | undefined);
  await withCertificates(scope, clock, async () => {
    const { namespace = "", name = "" } = cluster.metadata;
    await lookUpCertificates(client, namespace, name, certificates);
    ensureAllExist(certificates);
  });
  if (controlPlane) join.controlPlane ??= {};
  const authority = certificates.find(({ purpose }) => purpose === "ca")?.pair?.certificate ?? "";
  const context = { ...services, cluster, authority };
  if (await fillDiscovery(join, context) !== undefined) return undefined;
  const rendered = clone(join);
  if (!controlPlane) addUninitializedTaint(rendered);
  const document = joinConfigurationDocument(rendered, kubeadmApiVersion(version));
  const extra = discoveryFile(join, context);
  return await render(client, scope, {
    // The authority's key stays with the controllers: workers get the certificate alone.
    certificates,
    documents: [writeDocument(document)],
    command: "join",
  }, extra === undefined ? [] : [extra]);
}

function addUninitializedTaint(join: JsonObject): void {
  const registration = (join.nodeRegistration ??= {}) as JsonObject;
  const taints = (registration.taints ?? []) as JsonObject[];
  if (taints.some(({ key }) => key === UNINITIALIZED_TAINT.key)) return;
  registration.taints = [...taints, { ...UNINITIALIZED_TAINT }];
}

async function render(
  client: Client,
  { config, cluster }: ConfigScope,
  parts: Pick<BootstrapParts, "certificates" | "documents" | "command">,
  extraFiles: BootstrapParts["files"] = [],
): Promise<string> {
  const files = await resolveFiles(client, config, await controlPlaneVersion(client, cluster));
  const users = await resolveUsers(client, config);
  const all = { ...parts, spec: config.spec ?? {}, files: [...files, ...extraFiles], users };
  return config.spec?.format === "ignition" ? ignitionConfig(all) : cloudConfig(all);
}

/** The control plane's version for templates, with a leading `v`. */
async function controlPlaneVersion(
  client: Client,
  cluster: KubeObject,
): Promise<string | undefined> {
  const reference = cluster.spec?.controlPlaneRef;
  if (reference?.kind !== "KubeadmControlPlane") return undefined;
  const { namespace = "" } = cluster.metadata;
  const controlPlane = await getOrUndefined(client, RESOURCES.kubeadmControlPlanes, {
    namespace,
    name: reference.name,
  });
  const version = controlPlane?.spec?.version;
  if (typeof version !== "string") return undefined;
  return version.startsWith("v") ? version : `v${version}`;
}

async function withCertificates(
  { config }: ConfigScope,
  clock: Clock,
  act: () => Promise<void>,
): Promise<void> {
  const type = "CertificatesAvailable";
  try {
    await act();
  } catch (error) {
    const reason = "InternalError";
    const message = INTERNAL_ERROR_MESSAGE;
    setCondition(config, { type, status: "Unknown", reason, message }, clock.now());
    setV1Beta1Condition(config, {
      type,
      status: "False",
      severity: "Warning",
      reason: "CertificatesCorrupted",
      message: error instanceof Error ? error.message : String(error),
    }, clock.now());
    throw error;
  }
  setCondition(config, { type, status: "True", reason: "Available" }, clock.now());
  markV1Beta1True(config, type, clock.now());
}

function ensureAllExist(certificates: readonly ClusterCertificate[]): void {
  for (const { purpose, pair, external } of certificates) {
    if (pair === undefined) throw new Error(`failed to find a certificate for purpose ${purpose}`);
    if (pair.certificate === "") {
      throw new Error(`certificate not valid for purpose ${purpose}: missing tls.crt`);
    }
    if (pair.key === "" && !external) {
      throw new Error(`certificate not valid for purpose ${purpose}: missing tls.key`);
    }
  }
}

function versionOf(owner: KubeObject): string {
  const spec = owner.kind === "MachinePool" ? owner.spec?.template?.spec : owner.spec;
  const version = spec?.version;
  if (typeof version !== "string" || parseVersion(version) === undefined) {
    throw new Error(`failed to parse kubernetes version ${JSON.stringify(version ?? "")}`);
  }
  return version;
}

function factsOf(cluster: KubeObject, version: string): ClusterFacts {
  const network = cluster.spec?.clusterNetwork ?? {};
  const joined = (blocks: string[] | undefined) => blocks?.length ? blocks.join(",") : undefined;
  const serviceSubnet = joined(network.services?.cidrBlocks);
  const podSubnet = joined(network.pods?.cidrBlocks);
  return {
    clusterName: cluster.metadata.name ?? "",
    kubernetesVersion: version.startsWith("v") ? version : `v${version}`,
    ...(network.serviceDomain ? { dnsDomain: network.serviceDomain } : {}),
    ...(serviceSubnet === undefined ? {} : { serviceSubnet }),
    ...(podSubnet === undefined ? {} : { podSubnet }),
  };
}
