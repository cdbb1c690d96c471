// The KubeadmConfig reconciler: bootstrap data for the first control plane
// machine, for those that join it, and for workers. Not kubeadm: the data is
// written as the real provider writes it. Source: Cluster API's kubeadm
// bootstrap provider (CABPK).

import type { Clock } from "../../runtime/clock.ts";
import type { Client } from "../../runtime/client.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import type { Random } from "../../runtime/random.ts";
import { controllerOf, controllerReference, ensureOwner } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import type { ClusterAccess } from "./cluster_access.ts";
import { conditionOf, isConditionTrue, setCondition } from "./conditions.ts";
import { summarizeConditions } from "./conditions_merge.ts";
import { markV1Beta1False, markV1Beta1True, setV1Beta1Summary } from "./conditions_v1beta1.ts";
import {
  BOOTSTRAP_TOKEN_TTL_MS,
  createBootstrapToken,
  extendBootstrapToken,
  findBootstrapToken,
  isDueForRefresh,
} from "./kubeadm/bootstrap_token.ts";
import { prepareInit, prepareJoin } from "./kubeadm/bootstrap_steps.ts";
import { releaseInitLock, takeInitLock } from "./kubeadm/init_lock.ts";
import { CONTROL_PLANE_LABEL, RESOURCES } from "./kubeadm/names.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined } from "./kubeadm/reads.ts";
import { storeBootstrapData } from "./kubeadm/bootstrap_secret.ts";

/** What a {@linkcode KubeadmConfigReconciler} works with. */
export interface KubeadmConfigOptions {
  /** The management cluster. */
  readonly client: Client;
  readonly clusters: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
}

/** One KubeadmConfig on its way through a reconcile. `config` may be changed. */
export interface ConfigScope {
  readonly config: KubeObject;
  /** The Machine or MachinePool that it is for. */
  readonly owner: KubeObject;
  readonly cluster: KubeObject;
}

const OWNED_CONDITIONS = ["DataSecretAvailable", "CertificatesAvailable", "Ready", "Paused"];
const WAIT_MS = 30_000;
const SOON_MS = 10_000;

/** Makes bootstrap data. */
export class KubeadmConfigReconciler implements Reconciler {
  readonly #options: KubeadmConfigOptions;

  /** Keeps no state of its own. */
  constructor(options: KubeadmConfigOptions) {
    this.#options = options;
  }

  /** Brings one KubeadmConfig a step further. */
  async reconcile({ namespace, name }: Request): Promise<Result> {
    const { client, clock } = this.#options;
    const found = await getOrUndefined(client, RESOURCES.kubeadmConfigs, { namespace, name });
    if (found === undefined) return {};
    const owner = await this.#ownerOf(found);
    if (owner === undefined) return {};
    const cluster = await getOrUndefined(client, RESOURCES.clusters, {
      namespace,
      name: clusterNameOf(owner),
    });
    if (cluster === undefined) return {};
    const ref = RESOURCES.kubeadmConfigs;
    if (await endsByPause(client, ref, cluster, found, clock.now())) return {};
    const config = clone(found);
    try {
      const result = config.metadata.deletionTimestamp === undefined
        ? await this.#reconcile({ config, owner, cluster })
        : {};
      config.status ??= {};
      config.status.observedGeneration = config.metadata.generation;
      return result;
    } finally {
      this.#summarize(config);
      await patchObject(client, ref, found, config, { ownedConditions: OWNED_CONDITIONS });
    }
  }

  async #ownerOf(config: KubeObject): Promise<KubeObject | undefined> {
    const reference = config.metadata.ownerReferences?.find((owner) =>
      owner.apiVersion.startsWith("cluster.x-k8s.io/") &&
      (owner.kind === "Machine" || owner.kind === "MachinePool")
    );
    if (reference === undefined) return undefined;
    const ref = reference.kind === "Machine" ? RESOURCES.machines : RESOURCES.machinePools;
    const { namespace = "" } = config.metadata;
    return await getOrUndefined(this.#options.client, ref, { namespace, name: reference.name });
  }

  #summarize(config: KubeObject): void {
    const now = this.#options.clock.now();
    const ready = summarizeConditions(config, {
      target: "Ready",
      types: ["DataSecretAvailable", "CertificatesAvailable"],
      reasons: { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" },
    });
    setCondition(config, ready, now);
    setV1Beta1Summary(config, ["DataSecretAvailable", "CertificatesAvailable"], now);
  }

  async #reconcile(scope: ConfigScope): Promise<Result> {
    const { config, owner, cluster } = scope;
    await this.#adoptSecret(config);
    if (cluster.status?.initialization?.infrastructureProvisioned !== true) {
      this.#waiting(
        config,
        "WaitingForClusterInfrastructure",
        "Waiting for Cluster status.initialization.infrastructureProvisioned to be true",
      );
      return {};
    }
    const handed = dataSecretNameOf(owner);
    const created = config.status?.initialization?.dataSecretCreated === true;
    if (handed !== undefined && (!created || config.status.dataSecretName === undefined)) {
      this.#finished(config, handed);
      return {};
    }
    if (created) return await this.#created(scope);
    if (!isConditionTrue(cluster, "ControlPlaneInitialized")) return await this.#init(scope);
    await releaseInitLock(this.#options.client, cluster);
    return await this.#join(scope, false);
  }

  /** A data Secret from before a lost status or a restore belongs to this config again. */
  async #adoptSecret(config: KubeObject): Promise<void> {
    const { client } = this.#options;
    const { namespace = "", name = "" } = config.metadata;
    const secret = await getOrUndefined(client, RESOURCES.secrets, { namespace, name });
    if (secret === undefined) return;
    const controller = controllerOf(secret);
    if (controller !== undefined && controller.kind !== config.kind) {
      throw new Error(
        `secret ${namespace}/${name} is controlled by ${controller.kind} ${controller.name}`,
      );
    }
    if (controller?.uid === config.metadata.uid) return;
    const owned = clone(secret);
    ensureOwner(owned, controllerReference(config));
    await patchObject(client, RESOURCES.secrets, secret, owned);
  }

  async #created(scope: ConfigScope): Promise<Result> {
    const { config, owner } = scope;
    this.#finished(config, config.status.dataSecretName);
    const token = config.spec?.joinConfiguration?.discovery?.bootstrapToken?.token;
    if (!token) return {};
    const pool = owner.kind === "MachinePool";
    const joined = hasNodes(owner);
    if (joined && !pool) return {};
    const { clusters, clock, random } = this.#options;
    const workload = clusters.client(
      config.metadata.namespace ?? "",
      scope.cluster.metadata.name ?? "",
    );
    if (workload === undefined) return { requeueAfter_ms: SOON_MS };
    const again = { requeueAfter_ms: BOOTSTRAP_TOKEN_TTL_MS / 3 };
    const existing = await findBootstrapToken(workload, token);
    if (existing === undefined && !pool) {
      throw new Error("the bootstrap token Secret of a Machine that has not joined is gone");
    }
    const half_ms = clock.now() + BOOTSTRAP_TOKEN_TTL_MS / 2;
    if (existing === undefined || (joined && existing.expires_ms < half_ms)) {
      config.spec.joinConfiguration.discovery.bootstrapToken.token = await createBootstrapToken(
        workload,
        clock,
        random,
      );
      return await this.#join(scope, true);
    }
    if (!joined && isDueForRefresh(existing.expires_ms, clock.now())) {
      await extendBootstrapToken(workload, existing.secret, clock);
    }
    return again;
  }

  async #init(scope: ConfigScope): Promise<Result> {
    const { config, owner, cluster } = scope;
    const { client, clock } = this.#options;
    if (conditionOf(config, "DataSecretAvailable") === undefined) {
      this.#waiting(
        config,
        "WaitingForControlPlaneAvailable",
        "Waiting for Cluster control plane to be initialized",
      );
    }
    if (!isControlPlaneMachine(owner)) return { requeueAfter_ms: WAIT_MS };
    if (!await takeInitLock(client, cluster, owner)) return { requeueAfter_ms: WAIT_MS };
    try {
      const data = await prepareInit(client, clock, scope);
      await this.#store(scope, data);
      return {};
    } catch (error) {
      this.#failed(config, error);
      await releaseInitLock(client, cluster);
      throw error;
    }
  }

  async #join(scope: ConfigScope, again: boolean): Promise<Result> {
    const { config, cluster, owner } = scope;
    const { client, clusters, clock, random } = this.#options;
    const controlPlane = isControlPlaneMachine(owner);
    if (!controlPlane && config.spec?.joinConfiguration?.controlPlane !== undefined && !again) {
      throw new Error(
        "machine is a Worker, but JoinConfiguration.ControlPlane is set in the KubeadmConfig object",
      );
    }
    const workload = clusters.client(cluster.metadata.namespace ?? "", cluster.metadata.name ?? "");
    try {
      const data = await prepareJoin({ client, workload, clock, random }, scope, controlPlane);
      if (data === undefined) return { requeueAfter_ms: SOON_MS };
      await this.#store(scope, data);
    } catch (error) {
      this.#failed(config, error);
      throw error;
    }
    const { file } = config.spec.joinConfiguration.discovery ?? {};
    return file === undefined ? { requeueAfter_ms: BOOTSTRAP_TOKEN_TTL_MS / 3 } : {};
  }

  async #store(scope: ConfigScope, data: string): Promise<void> {
    const { config, cluster } = scope;
    await storeBootstrapData(this.#options.client, config, cluster.metadata.name ?? "", data);
    this.#finished(config, config.metadata.name ?? "");
  }

  #finished(config: KubeObject, secretName: string): void {
    const now = this.#options.clock.now();
    config.status ??= {};
    config.status.dataSecretName = secretName;
    config.status.initialization = { dataSecretCreated: true };
    for (const type of ["DataSecretAvailable", "CertificatesAvailable"]) {
      setCondition(config, { type, status: "True", reason: "Available" }, now);
      markV1Beta1True(config, type, now);
    }
  }

  #waiting(config: KubeObject, olderReason: string, message: string): void {
    const now = this.#options.clock.now();
    const type = "DataSecretAvailable";
    setCondition(config, { type, status: "False", reason: "NotAvailable", message }, now);
    markV1Beta1False(config, type, olderReason, "Info", "", now);
  }

  /** Certificates report for themselves (see bootstrap_steps.ts); anything else keeps the data from being made. */
  #failed(config: KubeObject, error: unknown): void {
    if (conditionOf(config, "CertificatesAvailable")?.reason === "InternalError") return;
    const now = this.#options.clock.now();
    const type = "DataSecretAvailable";
    const message = error instanceof Error ? error.message : String(error);
    setCondition(config, { type, status: "False", reason: "NotAvailable", message }, now);
    markV1Beta1False(config, type, "DataSecretGenerationFailed", "Warning", message, now);
  }
}

function machineSpecOf(owner: KubeObject): KubeObject["spec"] {
  return owner.kind === "MachinePool" ? owner.spec?.template?.spec : owner.spec;
}

function clusterNameOf(owner: KubeObject): string {
  return owner.spec?.clusterName ?? "";
}

function dataSecretNameOf(owner: KubeObject): string | undefined {
  return machineSpecOf(owner)?.bootstrap?.dataSecretName || undefined;
}

function isControlPlaneMachine(owner: KubeObject): boolean {
  return owner.kind === "Machine" &&
    owner.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;
}

function hasNodes(owner: KubeObject): boolean {
  if (owner.kind === "Machine") return owner.status?.nodeRef !== undefined;
  return (owner.status?.nodeRefs ?? []).length === (owner.spec?.replicas ?? 1);
}
