// Reads a control plane as it is: its Machines and what belongs to them.
// Machines without a controller are adopted. Source: Cluster API's
// KubeadmControlPlane.

import type { Client } from "../../../runtime/client.ts";
import { clone, type KubeObject } from "../../../runtime/object.ts";
import {
  controllerOf,
  controllerReference,
  ensureOwner,
  isControlledBy,
  removeOwners,
} from "../../../runtime/owner.ts";
import { patchObject } from "../../../runtime/reconcile/patch_helper.ts";
import { ControlPlane, type ControlPlaneMachine } from "./control_plane.ts";
import { isEndpointValid } from "./kubeconfig.ts";
import { KUBEADM_CONFIG_KEY } from "./kubeadm_config_map.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "./names.ts";
import { getOrUndefined, isNotFound } from "./reads.ts";
import type { ControlPlaneServices } from "./services.ts";
import { outdatedReasons } from "./up_to_date.ts";
import { parseVersion } from "../../../runtime/semantic_version.ts";

/** Whether the Cluster is far enough for a control plane to exist. */
export function isClusterReady(cluster: KubeObject): boolean {
  return cluster.status?.initialization?.infrastructureProvisioned === true &&
    isEndpointValid(cluster.spec?.controlPlaneEndpoint);
}

/** Reads the control plane; `undefined` when Machines were adopted, which ends the pass. `kcp` may be changed later. */
export async function loadControlPlane(
  services: ControlPlaneServices,
  kcp: KubeObject,
  cluster: KubeObject,
): Promise<ControlPlane | undefined> {
  const empty = new ControlPlane(kcp, cluster, []);
  if (!isClusterReady(cluster)) return empty;
  const { items } = await services.client.list(RESOURCES.machines, {
    namespace: empty.namespace,
    labels: empty.selector,
  });
  if (kcp.metadata.deletionTimestamp === undefined) {
    const strays = items.filter((machine) => controllerOf(machine) === undefined);
    if (strays.length > 0) {
      await adopt(services, kcp, cluster, strays);
      return undefined;
    }
    const foreign = items.find((machine) => !isControlledBy(machine, kcp));
    if (foreign !== undefined) {
      throw new Error(
        `not all control plane Machines are owned by this KubeadmControlPlane, refusing to operate in mixed management mode: Machine ${foreign.metadata.name} is not`,
      );
    }
  }
  const owned = items.filter((machine) => isControlledBy(machine, kcp));
  const machines = await Promise.all(owned.map((found) => loadMachine(services, kcp, found)));
  return new ControlPlane(kcp, cluster, machines);
}

async function loadMachine(
  services: ControlPlaneServices,
  kcp: KubeObject,
  found: KubeObject,
): Promise<ControlPlaneMachine> {
  const [infra, config] = await Promise.all([
    loadInfra(services, found),
    loadConfig(services, found),
  ]);
  return {
    found,
    machine: clone(found),
    ...(infra === undefined ? {} : { infra }),
    ...(config === undefined ? {} : { config }),
    outdated: outdatedReasons(kcp, found, infra, config, services.clock.now()),
  };
}

async function loadInfra(
  { client, references }: ControlPlaneServices,
  { metadata: { namespace = "" }, spec }: KubeObject,
): Promise<KubeObject | undefined> {
  const { apiGroup, kind, name } = spec?.infrastructureRef ?? {};
  if (!name) return undefined;
  return await getOrUndefined(client, await references.resourceOf(apiGroup, kind), {
    namespace,
    name,
  });
}

async function loadConfig(
  { client }: ControlPlaneServices,
  { metadata: { namespace = "" }, spec }: KubeObject,
): Promise<KubeObject | undefined> {
  const name = spec?.bootstrap?.configRef?.name;
  if (!name) return undefined;
  return await getOrUndefined(client, RESOURCES.kubeadmConfigs, { namespace, name });
}

async function adopt(
  services: ControlPlaneServices,
  kcp: KubeObject,
  cluster: KubeObject,
  strays: readonly KubeObject[],
): Promise<void> {
  const { client, events } = services;
  const { namespace = "", name = "" } = kcp.metadata;
  const live = await client.get(RESOURCES.kubeadmControlPlanes, { namespace, name });
  if (live.metadata.uid !== kcp.metadata.uid || live.metadata.deletionTimestamp !== undefined) {
    throw new Error(`${namespace}/${name} has just been deleted or replaced`);
  }
  for (const machine of strays) {
    if (machine.spec?.bootstrap?.configRef?.kind !== "KubeadmConfig") {
      throw new Error(
        `unable to adopt Machine ${machine.metadata.name}: expected a KubeadmConfig as bootstrap config`,
      );
    }
    if (withinOneMinor(kcp.spec?.version, machine.spec?.version)) continue;
    events.event(
      kcp,
      "Warning",
      "AdoptionFailed",
      `Could not adopt Machine ${machine.metadata.name}: its version (${
        JSON.stringify(machine.spec?.version)
      }) is outside supported +/- one minor version skew from KCP's (${
        JSON.stringify(kcp.spec?.version)
      })`,
    );
    return;
  }
  for (const machine of strays) {
    await adoptSecrets(services, kcp, cluster, machine);
    const owned = clone(machine);
    ensureOwner(owned, controllerReference(kcp));
    await patchObject(client, RESOURCES.machines, machine, owned);
  }
}

function withinOneMinor(a: string | undefined, b: string | undefined): boolean {
  const [left, right] = [parseVersion(a ?? ""), parseVersion(b ?? "")];
  if (left === undefined || right === undefined) return false;
  return left.major === right.major && Math.abs(left.minor - right.minor) <= 1;
}

/** Secrets that the Machine's KubeadmConfig made pass to the control plane, except its bootstrap data. */
async function adoptSecrets(
  { client }: ControlPlaneServices,
  kcp: KubeObject,
  cluster: KubeObject,
  machine: KubeObject,
): Promise<void> {
  const { namespace = "" } = kcp.metadata;
  const config = machine.spec?.bootstrap?.configRef?.name;
  const { items } = await client.list(RESOURCES.secrets, {
    namespace,
    labels: `${CLUSTER_NAME_LABEL}=${cluster.metadata.name}`,
  });
  for (const secret of items) {
    if (secret.metadata.name === config) continue;
    if (secret.metadata.name === machine.spec?.bootstrap?.dataSecretName) continue;
    const isOld = (owner: { kind: string; name: string }) =>
      owner.kind === "KubeadmConfig" && owner.name === config;
    if (!secret.metadata.ownerReferences?.some(isOld)) continue;
    const owned = clone(secret);
    removeOwners(owned, isOld);
    ensureOwner(owned, controllerReference(kcp));
    await patchObject(client, RESOURCES.secrets, secret, owned);
  }
}

/** Whether `kubeadm init` has run: its ConfigMap is there. The only Machine on its way out does not count. */
export async function detectInitialization(
  { clusters }: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<void> {
  if (controlPlane.initialized) return;
  const workload = clusters.client(controlPlane.namespace, controlPlane.clusterName);
  if (workload === undefined) return;
  const [only, ...more] = controlPlane.machines;
  if (only !== undefined && more.length === 0 && isLeaving(only)) return;
  if (!await hasKubeadmConfig(workload)) return;
  controlPlane.kcp.status ??= {};
  controlPlane.kcp.status.initialization = { controlPlaneInitialized: true };
}

async function hasKubeadmConfig(workload: Client): Promise<boolean> {
  try {
    await workload.get(RESOURCES.configMaps, KUBEADM_CONFIG_KEY);
    return true;
  } catch {
    // Whatever the trouble, nothing is known of an initialisation yet.
    return false;
  }
}

function isLeaving({ machine }: ControlPlaneMachine): boolean {
  const conditions: { type: string; status: string }[] = machine.status?.conditions ?? [];
  const isFalse = (type: string) => conditions.some((c) => c.type === type && c.status === "False");
  return machine.metadata.deletionTimestamp !== undefined ||
    (isFalse("HealthCheckSucceeded") && isFalse("OwnerRemediated"));
}

/** Adds the Cluster as owner to the infrastructure template. Throws when there is no such template. */
export async function ownTemplate(
  { client, references }: Pick<ControlPlaneServices, "client" | "references">,
  controlPlane: ControlPlane,
): Promise<void> {
  const { apiGroup, kind, name } = controlPlane.kcp.spec?.machineTemplate?.spec
    ?.infrastructureRef ?? {};
  if (typeof kind !== "string" || !kind.endsWith("Template")) return;
  const ref = await references.resourceOf(apiGroup, kind);
  let template: KubeObject;
  try {
    template = await client.get(ref, { namespace: controlPlane.namespace, name });
  } catch (error) {
    if (isNotFound(error)) controlPlane.templateMissing = true;
    throw error;
  }
  const { cluster } = controlPlane;
  if (template.metadata.ownerReferences?.some(({ uid }) => uid === cluster.metadata.uid)) return;
  const owned = clone(template);
  const { apiVersion, metadata } = cluster;
  const { name: clusterName = "", uid = "" } = metadata;
  ensureOwner(owned, { apiVersion, kind: "Cluster", name: clusterName, uid });
  await patchObject(client, ref, template, owned);
}
