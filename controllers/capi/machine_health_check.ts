// The MachineHealthCheck reconciler: finds Machines that are unhealthy for too
// long and asks their owner, or an object of a remediation template, to do
// something about it. It replaces nothing itself. Source: Cluster API's
// MachineHealthCheck controller.

import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import { ensureOwner, ownerReference } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { conditionOf, isConditionTrue, setCondition } from "./conditions.ts";
import { markV1Beta1False, markV1Beta1True, v1beta1ConditionOf } from "./conditions_v1beta1.ts";
import { type CoreContext, Outcome } from "./core/core_context.ts";
import { ExternalRemediation } from "./core/external_remediation.ts";
import { remediationVerdict } from "./core/health_check_limit.ts";
import {
  checkHealth,
  HEALTH_CHECK_SUCCEEDED,
  type HealthCheckTarget,
} from "./core/health_check_target.ts";
import { CLUSTERS, MACHINE_HEALTH_CHECKS, MACHINES, SKIP_REMEDIATION } from "./core/names.ts";
import type { WorkloadNodes } from "./core/workload_nodes.ts";
import { CLUSTER_NAME_LABEL, PAUSED_ANNOTATION } from "./kubeadm/names.ts";
import { endsByPause, isPaused } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";

const ALLOWED = "RemediationAllowed";
const OWNER_REMEDIATED = "OwnerRemediated";

/** What the targets of one look came to. */
interface Targets {
  readonly healthy: readonly HealthCheckTarget[];
  readonly unhealthy: readonly HealthCheckTarget[];
}

/** Reconciles MachineHealthChecks. */
export class MachineHealthCheckReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #workloads: WorkloadNodes;
  readonly #external: ExternalRemediation;

  /** Reads Nodes through `workloads`. */
  constructor(context: CoreContext, workloads: WorkloadNodes) {
    this.#context = context;
    this.#workloads = workloads;
    this.#external = new ExternalRemediation(context);
  }

  /** Looks at one MachineHealthCheck. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const before = await getOrUndefined(client, MACHINE_HEALTH_CHECKS, request);
    if (before === undefined) return {};
    const name: string = before.spec?.clusterName ?? "";
    const cluster = await getOrUndefined(client, CLUSTERS, { namespace: request.namespace, name });
    // The check goes with its Cluster, too.
    if (cluster === undefined) return {};
    if (await endsByPause(client, MACHINE_HEALTH_CHECKS, cluster, before, clock.now())) return {};
    // Woken when the cluster can be reached.
    if (
      isConditionTrue(cluster, "ControlPlaneInitialized") &&
      this.#context.access.client(request.namespace, name) === undefined
    ) return {};
    const check = clone(before);
    check.status ??= {};
    const outcome = new Outcome();
    await outcome.step(() => this.#check(check, cluster, outcome));
    await outcome.step(() => this.#write(before, check, outcome));
    return outcome.result();
  }

  async #check(check: KubeObject, cluster: KubeObject, outcome: Outcome): Promise<void> {
    check.metadata.labels = {
      ...check.metadata.labels,
      [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
    };
    ensureOwner(check, ownerReference(cluster));
    const found = await this.#targets(check, cluster);
    const names = found.map(({ machine }) => machine.metadata.name ?? "").sort();
    check.status.expectedMachines = names.length;
    if (names.length === 0) delete check.status.targets;
    else check.status.targets = names;
    const [targets, waits] = this.#look(check, found);
    check.status.currentHealthy = targets.healthy.length;
    for (const wait_ms of waits) outcome.requeue(wait_ms);
    if (!this.#decide(check, targets)) {
      for (const target of [...targets.healthy, ...targets.unhealthy]) {
        await outcome.step(() => this.#tell(target));
      }
      return;
    }
    for (const target of targets.unhealthy) {
      await outcome.step(() => this.#remediate(check, target));
    }
    for (const target of targets.healthy) {
      await outcome.step(() => this.#recovered(check, target));
    }
  }

  #look(check: KubeObject, found: readonly HealthCheckTarget[]): [Targets, number[]] {
    const now_ms = this.#context.clock.now();
    const [healthy, unhealthy]: [HealthCheckTarget[], HealthCheckTarget[]] = [[], []];
    const waits: number[] = [];
    for (const target of found) {
      const health = checkHealth(target, check.spec?.checks ?? {}, now_ms);
      if (health.state === "healthy") healthy.push(target);
      else if (health.state === "unhealthy") unhealthy.push(target);
      else if (health.lookAgain_ms !== undefined) waits.push(health.lookAgain_ms);
    }
    return [{ healthy, unhealthy }, waits];
  }

  /** Whether remediation is allowed; says so on the check. */
  #decide(check: KubeObject, { healthy, unhealthy }: Targets): boolean {
    const now_ms = this.#context.clock.now();
    const total: number = check.status.expectedMachines;
    const { allowed, left, message } = remediationVerdict(
      check.spec?.remediation?.triggerIf ?? {},
      total,
      total - healthy.length,
      unhealthy.length,
    );
    check.status.remediationsAllowed = allowed ? left : 0;
    if (allowed) {
      setCondition(check, { type: ALLOWED, status: "True", reason: ALLOWED }, now_ms);
      markV1Beta1True(check, ALLOWED, now_ms);
      return true;
    }
    const reason = "TooManyUnhealthy";
    setCondition(check, { type: ALLOWED, status: "False", reason, message }, now_ms);
    markV1Beta1False(check, ALLOWED, reason, "Warning", message, now_ms);
    if (unhealthy.length > 0) {
      this.#context.events.event(check, "Warning", "RemediationRestricted", message);
    }
    return false;
  }

  async #targets(check: KubeObject, cluster: KubeObject): Promise<HealthCheckTarget[]> {
    const { namespace = "" } = check.metadata;
    const name = cluster.metadata.name ?? "";
    const selector = compileLabelSelector(check.spec?.selector ?? {});
    const { items } = await this.#context.client.list(MACHINES, {
      namespace,
      labels: `${CLUSTER_NAME_LABEL}=${name}`,
    });
    const chosen = items.filter(({ metadata }) =>
      selector.matches(metadata.labels) &&
      metadata.annotations?.[PAUSED_ANNOTATION] === undefined &&
      metadata.annotations?.[SKIP_REMEDIATION] === undefined
    );
    const initialized = isConditionTrue(cluster, "ControlPlaneInitialized");
    const nodes = initialized ? await this.#workloads.of(namespace, name) : undefined;
    if (initialized && nodes === undefined) {
      throw new Error(`cluster "${namespace}/${name}" cannot be reached`);
    }
    return chosen.map((before) => {
      const nodeName: string | undefined = before.status?.nodeRef?.name;
      const node = nodeName === undefined ? undefined : nodes?.byName(nodeName);
      const nodeGone = nodes !== undefined && nodeName !== undefined && node === undefined;
      return { before, machine: clone(before), cluster, node, nodeGone };
    });
  }

  async #remediate(check: KubeObject, target: HealthCheckTarget): Promise<void> {
    const { machine, cluster } = target;
    const { clock, events } = this.#context;
    const failures = new Outcome();
    if (!isPaused(cluster, machine)) {
      if (check.spec?.remediation?.templateRef !== undefined) {
        if (await this.#external.exists(check, machine)) return;
        await failures.step(() => this.#external.request(check, machine));
      } else if (machine.metadata.deletionTimestamp === undefined) {
        askOwner(machine, clock.now());
      }
    }
    await failures.step(() => this.#tell(target));
    failures.result();
    const { namespace, name } = machine.metadata;
    events.event(
      machine,
      "Normal",
      "MachineMarkedUnhealthy",
      `Machine ${namespace}/${name} has been marked as unhealthy by ${check.metadata.namespace}/${check.metadata.name}`,
    );
  }

  async #recovered(check: KubeObject, target: HealthCheckTarget): Promise<void> {
    if (check.spec?.remediation?.templateRef !== undefined) {
      await this.#external.withdraw(check, target.machine);
    }
    await this.#tell(target);
  }

  async #tell({ before, machine }: HealthCheckTarget): Promise<void> {
    if (equal(before, machine)) return;
    try {
      await patchObject(this.#context.client, MACHINES, before, machine, {
        ownedConditions: [HEALTH_CHECK_SUCCEEDED],
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #write(before: KubeObject, check: KubeObject, outcome: Outcome): Promise<void> {
    if (!outcome.failed) check.status.observedGeneration = check.metadata.generation;
    if (equal(before, check)) return;
    await patchObject(this.#context.client, MACHINE_HEALTH_CHECKS, before, check, {
      ownedConditions: ["Paused", ALLOWED],
    });
  }
}

/** Asks the owner to remediate, unless it is at it already. */
function askOwner(machine: KubeObject, now_ms: number): void {
  const type = OWNER_REMEDIATED;
  const reason = "WaitingForRemediation";
  if ((v1beta1ConditionOf(machine, type)?.status ?? "True") === "True") {
    markV1Beta1False(machine, type, reason, "Warning", "", now_ms);
  }
  if ((conditionOf(machine, type)?.status ?? "True") === "True") {
    setCondition(
      machine,
      { type, status: "False", reason, message: "Waiting for remediation" },
      now_ms,
    );
  }
}
