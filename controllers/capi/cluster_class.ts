// The ClusterClass reconciler: owns the templates of a class, says whether
// they are named by their newest version, and lists the variables. It makes
// no clusters. Source: Cluster API's ClusterClass controller.

import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import { ensureOwner, ownerReference } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import type { ClusterClassSpec, TemplateReference } from "../../webhooks/class_types.ts";
import { INTERNAL_ERROR_MESSAGE, setCondition } from "./conditions.ts";
import { markV1Beta1False, markV1Beta1True, setV1Beta1Condition } from "./conditions_v1beta1.ts";
import { type CoreContext, Outcome } from "./core/core_context.ts";
import { parseApiVersion } from "../../runtime/object.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined } from "./kubeadm/reads.ts";
import { errorText } from "./kubeadm/services.ts";
import { refOf } from "./topology/blueprint.ts";
import { CLUSTER_CLASSES } from "./topology/names.ts";

const UP_TO_DATE = "RefVersionsUpToDate";
const VARIABLES_READY = "VariablesReady";

/** Reconciles ClusterClasses. */
export class ClusterClassReconciler implements Reconciler {
  readonly #context: CoreContext;

  /** Reads and writes the management cluster. */
  constructor(context: CoreContext) {
    this.#context = context;
  }

  /** Looks at one ClusterClass. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const before = await getOrUndefined(client, CLUSTER_CLASSES, request);
    if (before === undefined) return {};
    if (await endsByPause(client, CLUSTER_CLASSES, undefined, before, clock.now())) return {};
    if (before.metadata.deletionTimestamp !== undefined) return {};
    const clusterClass = clone(before);
    clusterClass.status ??= {};
    const outcome = new Outcome();
    await outcome.step(() => this.#templates(clusterClass));
    await outcome.step(() => this.#variables(clusterClass));
    if (!outcome.failed) clusterClass.status.observedGeneration = clusterClass.metadata.generation;
    if (!equal(before, clusterClass)) {
      await outcome.step(async () => {
        await patchObject(client, CLUSTER_CLASSES, before, clusterClass, {
          ownedConditions: ["Paused", UP_TO_DATE, VARIABLES_READY],
        });
      });
    }
    return outcome.result();
  }

  async #templates(clusterClass: KubeObject): Promise<void> {
    const now_ms = this.#context.clock.now();
    const outdated: string[] = [];
    const outcome = new Outcome();
    for (const reference of templateReferences(clusterClass.spec)) {
      await outcome.step(async () => {
        const newest = await this.#claim(clusterClass, reference);
        const { version } = parseApiVersion(reference.apiVersion);
        if (newest === version) return;
        outdated.push(
          `* ${reference.kind} ${reference.name}: current: ${version}, latest: ${newest}`,
        );
      });
    }
    if (outcome.failed) {
      const [status, reason, message] = [
        "Unknown",
        "InternalError",
        INTERNAL_ERROR_MESSAGE,
      ] as const;
      setCondition(clusterClass, { type: UP_TO_DATE, status, reason, message }, now_ms);
      setV1Beta1Condition(clusterClass, { type: UP_TO_DATE, status, reason, message }, now_ms);
      outcome.result();
    } else if (outdated.length > 0) {
      const message = [
        "The following templateRefs are not using the latest apiVersion:",
        ...outdated,
      ].join("\n");
      const reason = "RefVersionsNotUpToDate";
      setCondition(clusterClass, { type: UP_TO_DATE, status: "False", reason, message }, now_ms);
      markV1Beta1False(clusterClass, UP_TO_DATE, "OutdatedRefVersions", "Warning", message, now_ms);
    } else {
      setCondition(clusterClass, { type: UP_TO_DATE, status: "True", reason: UP_TO_DATE }, now_ms);
      markV1Beta1True(clusterClass, UP_TO_DATE, now_ms);
    }
  }

  /** Makes the class an owner of a template. Answers the newest version of its kind. */
  async #claim(clusterClass: KubeObject, reference: TemplateReference): Promise<string> {
    const { client, contracts } = this.#context;
    const { namespace = "" } = clusterClass.metadata;
    const ref = refOf(reference);
    let template: KubeObject;
    try {
      template = await client.get(ref, { namespace, name: reference.name });
    } catch (error) {
      throw new Error(
        `failed to get ${reference.kind} ${namespace}/${reference.name}: ${errorText(error)}`,
      );
    }
    const after = { ...template, metadata: clone(template.metadata) };
    ensureOwner(after, ownerReference(clusterClass));
    if (!equal(template.metadata, after.metadata)) await patchObject(client, ref, template, after);
    const { group } = parseApiVersion(reference.apiVersion);
    const { apiVersion } = await contracts.resourceOf(group, reference.kind);
    return parseApiVersion(apiVersion).version;
  }

  #variables(clusterClass: KubeObject): void {
    const now_ms = this.#context.clock.now();
    const spec: ClusterClassSpec = clusterClass.spec;
    const type = VARIABLES_READY;
    const external = spec.patches?.find((patch) =>
      patch.external?.discoverVariablesExtension !== undefined
    );
    if (external !== undefined) {
      const message =
        `VariableDiscovery failed: failed to call DiscoverVariables for patch ${external.name}: runtime extensions are not supported`;
      const reason = "VariableDiscoveryFailed";
      setCondition(clusterClass, { type, status: "False", reason, message }, now_ms);
      markV1Beta1False(clusterClass, "VariablesReconciled", reason, "Error", message, now_ms);
      throw new Error(message);
    }
    const variables = [...spec.variables ?? []].sort((a, b) => a.name < b.name ? -1 : 1).map((
      { name, required, schema, deprecatedV1Beta1Metadata },
    ) => ({
      name,
      definitionsConflict: false,
      definitions: [{
        from: "inline",
        ...(required === undefined ? {} : { required }),
        schema,
        ...(deprecatedV1Beta1Metadata === undefined ? {} : { deprecatedV1Beta1Metadata }),
      }],
    }));
    if (variables.length > 0) clusterClass.status.variables = variables;
    else delete clusterClass.status.variables;
    setCondition(clusterClass, { type, status: "True", reason: type }, now_ms);
    markV1Beta1True(clusterClass, "VariablesReconciled", now_ms);
  }
}

/** All templates of a class, each once. */
export function templateReferences(
  { infrastructure, controlPlane, workers }: ClusterClassSpec,
): readonly TemplateReference[] {
  const all = [
    infrastructure.templateRef,
    controlPlane.templateRef,
    controlPlane.machineInfrastructure?.templateRef,
    ...(workers?.machineDeployments ?? []).flatMap((one) => [
      one.bootstrap.templateRef,
      one.infrastructure.templateRef,
    ]),
  ].filter((reference) => reference !== undefined);
  const unique = new Map(
    all.map((one) => [`${one.apiVersion} ${one.kind} ${one.name}`, one]),
  );
  return [...unique.values()];
}
