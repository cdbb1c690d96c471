// The steps of a machine's life: host, Node, etcd member, API server, the
// rest of the control plane. Every step runs on every reconcile and repeats
// nothing. Source: the in-memory provider's machine controller.

import { joinHostPort } from "../../runtime/ip.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Result } from "../../runtime/reconcile/types.ts";
import { conditionOf, isConditionTrue } from "../capi/conditions.ts";
import { clusterSecretName, pairOf } from "../capi/kubeadm/certificates.ts";
import { RESOURCES } from "../capi/kubeadm/names.ts";
import { getOrUndefined } from "../capi/kubeadm/reads.ts";
import type { Client } from "../../runtime/client.ts";
import { UnusableAuthorityError } from "../../runtime/pki/mod.ts";
import { restoreBootstrapTokens } from "./bootstrap_tokens.ts";
import { type ProviderContext, UNAVAILABLE_MS } from "./cluster_reconciler.ts";
import { hostName } from "./core_objects.ts";
import { EtcdRecord } from "./etcd_record.ts";
import type { KeyPair } from "./host.ts";
import { type Phase, POOL_VERSION_ANNOTATION } from "./kinds.ts";
import { ensureNodeConditions, wantedNodeConditions } from "./node_conditions.ts";
import {
  type MachineConditionType,
  markFailed,
  markProvisioned,
  markWaiting,
  WAITING,
} from "./provider_conditions.ts";
import { startupTime_ms } from "./startup_time.ts";
import { addressIn } from "./subnet_address.ts";
import { ensureKubeadmObjects } from "./workload/kubeadm_objects.ts";
import { addressOf, deleteNode, ensureNode, providerIDOf } from "./workload/node.ts";
import { SYSTEM_NAMESPACE } from "./workload/object_forms.ts";
import { deleteStaticPod, ensureStaticPod, staticPodName } from "./workload/static_pod.ts";
import { WORKLOAD } from "./workload/resources.ts";

/** Annotation on the Machine: everything has started once; a restarted provider does not wait again. */
export const BOOTSTRAPPED_ANNOTATION =
  "machine.inmemory.infrastructure.cluster.x-k8s.io/bootstrapped";

/** When steps began, in milliseconds since the epoch. */
export interface Timeline {
  vmBegun_ms?: number;
  vmDone_ms?: number;
  nodeDone_ms?: number;
  /** kubeadm's objects have been seen to by this process. */
  objectsMade?: boolean;
}

/** One machine while it is worked on. */
export interface MachineScope {
  /** The infrastructure machine; changed in place. */
  readonly object: KubeObject;
  readonly machine: KubeObject;
  readonly cluster: KubeObject;
  readonly controlPlane: boolean;
  readonly timeline: Timeline;
  readonly skipWaiting: boolean;
}

/** A wait that is not over: milliseconds left. */
class StillWaiting {
  constructor(readonly left_ms: number) {}
}

/** Carries out the steps. */
export class MachinePhases {
  readonly #context: ProviderContext;

  /** Works on the host's clusters. */
  constructor(context: ProviderContext) {
    this.#context = context;
  }

  /** Runs all steps that may run; answers when to look again. */
  async run(scope: MachineScope): Promise<Result> {
    const { host, client, clock } = this.#context;
    const waits: number[] = [];
    const errors: unknown[] = [];
    // A step that fails says so in its condition and holds up only what needs it.
    const step = async (
      type: MachineConditionType,
      work: () => Promise<StillWaiting | void> | StillWaiting | void,
    ) => {
      try {
        const outcome = await work();
        if (outcome instanceof StillWaiting) waits.push(outcome.left_ms);
      } catch (error) {
        // What was done once is done; only the look at it failed.
        if (!isConditionTrue(scope.object, type)) markError(scope.object, type, error, clock.now());
        errors.push(error);
      }
    };
    await step("VMProvisioned", () => this.#vm(scope));
    const node = { current: undefined as KubeObject | undefined };
    const workload = () => {
      const name = hostName(scope.cluster);
      const found = host.client(name);
      if (found === undefined) throw new Error(`there is no fake cluster "${name}"`);
      return found;
    };
    await step("NodeProvisioned", () => this.#node(scope, workload, node));
    if (scope.controlPlane) {
      await step("EtcdProvisioned", () => this.#etcd(scope, workload, node.current));
      await step("APIServerProvisioned", () => this.#apiServer(scope, workload, node.current));
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) {
      throw new AggregateError(errors, errors.map((error) => String(error)).join("; "));
    }
    const last = scope.controlPlane ? "APIServerProvisioned" : "NodeProvisioned";
    if (isConditionTrue(scope.object, last) && !scope.skipWaiting) {
      await this.#rememberBootstrapped(client, scope.machine);
    }
    return waits.length === 0 ? {} : { requeueAfter_ms: Math.min(...waits) };
  }

  /** Takes down what the machine had, in any order of events: what is gone already is fine. */
  async remove(cluster: string, object: KubeObject): Promise<void> {
    const { host } = this.#context;
    const name = object.metadata.name ?? "";
    const workload = host.client(cluster);
    if (workload === undefined) return;
    await deleteNode(workload, name);
    await deleteStaticPod(workload, "etcd", name);
    await new EtcdRecord(workload, this.#context.clock).ensureLeader();
    await host.removeEtcdMember(cluster, name);
    await deleteStaticPod(workload, "kube-apiserver", name);
    await host.stopApiServer(cluster, name);
    await deleteStaticPod(workload, "kube-scheduler", name);
    await deleteStaticPod(workload, "kube-controller-manager", name);
  }

  #vm(scope: MachineScope): StillWaiting | void {
    const { object, machine, timeline } = scope;
    const now_ms = this.#context.clock.now();
    timeline.vmBegun_ms ??= now_ms;
    const waiting = this.#wait(scope, "vm", "VMProvisioned", timeline.vmBegun_ms);
    if (waiting !== undefined) return waiting;
    const name = object.metadata.name ?? "";
    object.spec ??= {};
    object.spec.providerID ??= providerIDOf(name);
    this.#context.kinds.setProvisioned(object);
    object.status.addresses = [
      { type: "InternalIP", address: addressOf(name) },
      { type: "Hostname", address: name },
    ];
    const domain = machine.spec?.failureDomain;
    if (domain !== undefined) object.status.failureDomain = domain;
    timeline.vmDone_ms ??= this.#since(object, "VMProvisioned") ?? now_ms;
    markProvisioned(object, "VMProvisioned", now_ms);
  }

  async #node(
    scope: MachineScope,
    workloadOf: () => Client,
    node: { current: KubeObject | undefined },
  ): Promise<StillWaiting | void> {
    const { object, machine, timeline, controlPlane } = scope;
    const now_ms = this.#context.clock.now();
    if (timeline.vmDone_ms === undefined) {
      return void markWaiting(object, "NodeProvisioned", WAITING.vm, now_ms);
    }
    const waiting = this.#wait(scope, "node", "NodeProvisioned", timeline.vmDone_ms);
    if (waiting !== undefined) return waiting;
    const workload = workloadOf();
    const failureDomain: string | undefined = machine.spec?.failureDomain;
    node.current = await ensureNode(workload, {
      name: object.metadata.name ?? "",
      controlPlane,
      // The Machine of a pool has its version from its Node, not the other way round.
      version: object.metadata.annotations?.[POOL_VERSION_ANNOTATION] || machine.spec?.version ||
        "",
      uid: object.metadata.uid ?? "",
      providerID: object.spec.providerID,
      ...(failureDomain === undefined ? {} : { failureDomain }),
    }, now_ms);
    const conditions = wantedNodeConditions(object, machine);
    await ensureNodeConditions(workload, node.current, conditions, now_ms);
    timeline.nodeDone_ms ??= this.#since(object, "NodeProvisioned") ?? now_ms;
    markProvisioned(object, "NodeProvisioned", now_ms);
  }

  async #etcd(
    scope: MachineScope,
    workloadOf: () => Client,
    node: KubeObject | undefined,
  ): Promise<StillWaiting | void> {
    const waiting = this.#afterNode(scope, "etcd", "EtcdProvisioned", node);
    if (waiting !== undefined || node === undefined) return waiting;
    const authority = await this.#authority(scope.cluster, "etcd");
    // Without its key the CA is that of an external etcd, whose members are not ours.
    if (authority.key !== "") await this.#etcdMember(scope, workloadOf(), node, authority);
    markProvisioned(scope.object, "EtcdProvisioned", this.#context.clock.now());
  }

  async #etcdMember(
    scope: MachineScope,
    workload: Client,
    node: KubeObject,
    authority: KeyPair,
  ): Promise<void> {
    const { clock, host } = this.#context;
    const name = scope.object.metadata.name ?? "";
    const record = new EtcdRecord(workload, clock);
    const key = { namespace: SYSTEM_NAMESPACE, name: staticPodName("etcd", name) };
    const present = await getOrUndefined(workload, WORKLOAD.pods, key);
    const annotations = present === undefined
      ? await record.newMember(hostName(scope.cluster), name)
      : {};
    const version = scope.machine.spec?.version ?? "";
    const facts = { component: "etcd", node, version, annotations } as const;
    const pod = await ensureStaticPod(workload, facts, clock.now());
    const member = record.memberOf(pod, name);
    // A member that was removed stays removed until its machine goes.
    if (member === undefined) return;
    await record.ensureLeader();
    await host.addEtcdMember(hostName(scope.cluster), authority, member);
  }

  async #apiServer(
    scope: MachineScope,
    workloadOf: () => Client,
    node: KubeObject | undefined,
  ): Promise<StillWaiting | void> {
    const waiting = this.#afterNode(scope, "apiServer", "APIServerProvisioned", node);
    if (waiting !== undefined || node === undefined) return waiting;
    const { clock, host } = this.#context;
    const workload = workloadOf();
    const version = scope.machine.spec?.version ?? "";
    const authority = await this.#authority(scope.cluster, "ca");
    // Once in a process: they need no further look.
    if (!scope.timeline.objectsMade) {
      if (scope.skipWaiting) await restoreBootstrapTokens(this.#context, scope.cluster, workload);
      await ensureKubeadmObjects(workload, kubeadmFacts(scope, authority));
      scope.timeline.objectsMade = true;
    }
    for (
      const component of ["kube-apiserver", "kube-scheduler", "kube-controller-manager"] as const
    ) {
      await ensureStaticPod(workload, { component, node, version }, clock.now());
    }
    const name = scope.object.metadata.name ?? "";
    await host.startApiServer(hostName(scope.cluster), authority, name, version || undefined);
    const message = host.unavailable(hostName(scope.cluster));
    // What was done once is done, as the cluster's own condition tells what stands in the way now.
    if (message !== undefined && !isConditionTrue(scope.object, "APIServerProvisioned")) {
      const reason = "ListenerNotAvailable";
      markWaiting(scope.object, "APIServerProvisioned", { reason, message }, clock.now());
      return new StillWaiting(UNAVAILABLE_MS);
    }
    markProvisioned(scope.object, "APIServerProvisioned", clock.now());
  }

  /** The wait of a step that begins when the Node is there. */
  #afterNode(
    scope: MachineScope,
    phase: Phase,
    type: MachineConditionType,
    node: KubeObject | undefined,
  ): StillWaiting | undefined {
    const begun_ms = scope.timeline.nodeDone_ms;
    if (node === undefined || begun_ms === undefined) {
      const why = scope.timeline.vmDone_ms === undefined ? WAITING.vm : WAITING.node;
      markWaiting(scope.object, type, why, this.#context.clock.now());
      return undefined;
    }
    return this.#wait(scope, phase, type, begun_ms);
  }

  /** Whether a step that began at `begun_ms` still takes time; marks it so. */
  #wait(
    scope: MachineScope,
    phase: Phase,
    type: MachineConditionType,
    begun_ms: number,
  ): StillWaiting | undefined {
    if (scope.skipWaiting || isConditionTrue(scope.object, type)) return undefined;
    const { clock, kinds } = this.#context;
    const left_ms = begun_ms + startupTime_ms(kinds, scope.object, phase) - clock.now();
    if (left_ms <= 0) return undefined;
    markWaiting(scope.object, type, WAITING.startup, clock.now());
    return new StillWaiting(left_ms);
  }

  /** When a step was done, as its condition remembers it. */
  #since(object: KubeObject, type: MachineConditionType): number | undefined {
    const condition = conditionOf(object, type);
    return condition?.status === "True" ? Date.parse(condition.lastTransitionTime) : undefined;
  }

  async #authority(cluster: KubeObject, purpose: "ca" | "etcd"): Promise<KeyPair> {
    const namespace = cluster.metadata.namespace ?? "";
    const name = clusterSecretName(cluster.metadata.name ?? "", purpose);
    const secret = await getOrUndefined(this.#context.client, RESOURCES.secrets, {
      namespace,
      name,
    });
    const what = "it must hold the certificate authority in tls.crt and tls.key";
    if (secret === undefined) {
      throw new UnusableAuthorityError(`Secret "${namespace}/${name}" is not there; ${what}`);
    }
    if (secret["data"]?.["tls.crt"] === undefined) {
      throw new UnusableAuthorityError(`Secret "${namespace}/${name}" has no tls.crt; ${what}`);
    }
    return pairOf(secret);
  }

  async #rememberBootstrapped(client: Client, machine: KubeObject): Promise<void> {
    const { namespace = "", name = "" } = machine.metadata;
    await client.patch(this.#context.core.machines, { namespace, name }, "merge", {
      metadata: { annotations: { [BOOTSTRAPPED_ANNOTATION]: "" } },
    });
  }
}

/** What is wrong with a Secret is its owner's to read; what else went wrong is in the log. */
function markError(
  object: KubeObject,
  type: MachineConditionType,
  error: unknown,
  now_ms: number,
): void {
  if (!(error instanceof UnusableAuthorityError)) return markFailed(object, type, now_ms);
  const { message } = error;
  markWaiting(object, type, { reason: "CertificateAuthorityNotUsable", message }, now_ms);
}

const DNS_HOST_NUMBER = 10;

function kubeadmFacts(
  { machine, cluster }: MachineScope,
  authority: KeyPair,
): Parameters<typeof ensureKubeadmObjects>[1] {
  const { clusterNetwork = {}, controlPlaneEndpoint = {} } = cluster.spec ?? {};
  // Two of them, with a comma between, where the cluster has two families of addresses.
  const joined = (network?: { cidrBlocks?: string[] }) => network?.cidrBlocks?.join(",");
  const serviceSubnet = joined(clusterNetwork.services) || "10.96.0.0/12";
  const podSubnet = joined(clusterNetwork.pods) || undefined;
  return {
    clusterName: cluster.metadata.name ?? "",
    kubernetesVersion: machine.spec?.version ?? "v1.36.0",
    dnsDomain: clusterNetwork.serviceDomain ?? "cluster.local",
    serviceSubnet,
    ...(podSubnet === undefined ? {} : { podSubnet }),
    endpoint: joinHostPort(controlPlaneEndpoint.host ?? "", controlPlaneEndpoint.port ?? 0),
    authority: authority.certificate,
    dnsAddress: addressIn(serviceSubnet.split(",")[0] as string, DNS_HOST_NUMBER),
  };
}
