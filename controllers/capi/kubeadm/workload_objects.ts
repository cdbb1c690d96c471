// The add-ons and bindings of a workload cluster that its control plane
// keeps current: kube-proxy, CoreDNS, the API server's right to talk to
// kubelets. Source: Cluster API's KubeadmControlPlane.

import type { Client } from "../../../runtime/client.ts";
import { type JsonObject, type KubeObject, parseApiVersion } from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import type { ControlPlane } from "./control_plane.ts";
import { corednsImageFor, ensureNoDowngrade } from "./coredns.ts";
import { parseImage, printImage } from "./image.ts";
import { changeClusterConfiguration, updatedClusterConfiguration } from "./kubeadm_config_map.ts";
import { RESOURCES, SKIP_COREDNS, SKIP_KUBE_PROXY, SYSTEM_NAMESPACE } from "./names.ts";
import { getOrUndefined } from "./reads.ts";
import { isAtLeast } from "../../../runtime/semantic_version.ts";

const KUBE_PROXY = { namespace: SYSTEM_NAMESPACE, name: "kube-proxy" };
const COREDNS = { namespace: SYSTEM_NAMESPACE, name: "coredns" };

function clusterConfigurationOf({ kcp }: ControlPlane): JsonObject | undefined {
  return kcp.spec?.kubeadmConfigSpec?.clusterConfiguration;
}

/** What a rollout changes before the first new Machine. */
export async function prepareRollout(controlPlane: ControlPlane, workload: Client): Promise<void> {
  if (!isAtLeast(controlPlane.version, 1, 38)) await ensureKubeletClientBinding(workload);
  await changeClusterConfiguration(
    workload,
    (current) => updatedClusterConfiguration(current, controlPlane.kcp.spec),
  );
}

async function ensureKubeletClientBinding(workload: Client): Promise<void> {
  const name = "kubeadm:apiserver-kubelet-client";
  const ref = RESOURCES.clusterRoleBindings;
  if (await getOrUndefined(workload, ref, { name }) !== undefined) return;
  const { group } = parseApiVersion(ref.apiVersion);
  try {
    await workload.create(ref, {
      apiVersion: ref.apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: "system:kubelet-api-admin" },
      subjects: [{ apiGroup: group, kind: "User", name: "kube-apiserver-kubelet-client" }],
    });
  } catch (error) {
    if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
  }
}

interface Container {
  readonly name: string;
  readonly image: string;
}

/** The merge patch that gives one container another image; containers are a list, so all of them are told. */
function imagePatch(workload: KubeObject, name: string, image: string): JsonObject {
  const containers: JsonObject[] = workload.spec.template.spec.containers;
  return {
    spec: {
      template: {
        spec: {
          containers: containers.map((one) => one.name === name ? { ...one, image } : one),
        },
      },
    },
  };
}

function containerOf(workload: KubeObject, name: string): Container | undefined {
  const containers: Container[] = workload.spec?.template?.spec?.containers ?? [];
  return containers.find((container) => container.name === name);
}

/** Gives kube-proxy the control plane's version. */
export async function updateKubeProxy(controlPlane: ControlPlane, workload: Client): Promise<void> {
  if (controlPlane.kcp.metadata.annotations?.[SKIP_KUBE_PROXY] !== undefined) return;
  const daemonSet = await getOrUndefined(workload, RESOURCES.daemonSets, KUBE_PROXY);
  const container = daemonSet && containerOf(daemonSet, "kube-proxy");
  if (daemonSet === undefined || container === undefined) return;
  const image = parseImage(container.image);
  const repository = clusterConfigurationOf(controlPlane)?.imageRepository;
  const wanted = printImage({
    ...image,
    ...(typeof repository === "string" && repository !== "" ? { repository } : {}),
    tag: controlPlane.version.replaceAll("+", "_"),
  });
  if (wanted === container.image) return;
  const patch = imagePatch(daemonSet, "kube-proxy", wanted);
  await workload.patch(RESOURCES.daemonSets, KUBE_PROXY, "merge", patch);
}

/** Gives CoreDNS the image that is asked for, with its Corefile backed up first. */
export async function updateCoreDNS(controlPlane: ControlPlane, workload: Client): Promise<void> {
  const configuration = clusterConfigurationOf(controlPlane);
  if (controlPlane.kcp.metadata.annotations?.[SKIP_COREDNS] !== undefined) return;
  if (configuration === undefined) return;
  const configMap = await getOrUndefined(workload, RESOURCES.configMaps, COREDNS);
  const deployment = await getOrUndefined(workload, RESOURCES.deployments, COREDNS);
  const container = deployment && containerOf(deployment, "coredns");
  if (configMap === undefined || deployment === undefined || container === undefined) return;
  const current = parseImage(container.image);
  const wanted = corednsImageFor(current, configuration);
  if (printImage(wanted) === container.image) return;
  ensureNoDowngrade(current, wanted);
  const corefile = configMap.data?.Corefile;
  if (typeof corefile !== "string") {
    throw new Error("unable to find the CoreDNS Corefile data");
  }
  const dns = (configuration.dns ?? {}) as JsonObject;
  await changeClusterConfiguration(workload, (document) => ({ ...document, dns }));
  await workload.update(
    RESOURCES.configMaps,
    withoutVersion({
      ...configMap,
      data: { ...configMap.data, Corefile: corefile, "Corefile-backup": corefile },
    }),
  );
  await workload.patch(
    RESOURCES.deployments,
    COREDNS,
    "merge",
    corednsPatch(deployment, "Corefile-backup"),
  );
  // The Corefile of every supported version is understood by those after it.
  await workload.patch(RESOURCES.deployments, COREDNS, "merge", {
    ...corednsPatch(deployment, "Corefile", printImage(wanted)),
  });
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Which key of the ConfigMap is mounted as Corefile, and which image runs. */
function corednsPatch(deployment: KubeObject, key: string, image?: string): JsonObject {
  const volumes: JsonObject[] = deployment.spec.template.spec.volumes ?? [];
  const mounted = volumes.map((volume) =>
    volume.name === "config-volume"
      ? {
        name: "config-volume",
        configMap: { name: "coredns", items: [{ key, path: "Corefile" }] },
      }
      : volume
  );
  const patch = image === undefined ? {} : imagePatch(deployment, "coredns", image);
  const spec = ((patch.spec as JsonObject | undefined)?.template as JsonObject | undefined)
    ?.spec as JsonObject | undefined;
  return {
    spec: { template: { spec: { ...spec, ...(volumes.length > 0 ? { volumes: mounted } : {}) } } },
  };
}
