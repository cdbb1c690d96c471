// The MachineSets of a MachineDeployment as they should be: the new one, and
// what existing ones take over in place. Source: Cluster API's
// MachineDeployment controller.

import { clone, type JsonObject, type KubeObject } from "../../../runtime/object.ts";
import { controllerReference } from "../../../runtime/owner.ts";
import { nameSuffix } from "../../../runtime/random.ts";
import { CLUSTER_NAME_LABEL, fnv32a, labelValueOf } from "../kubeadm/names.ts";
import { Applier } from "./applier.ts";
import type { CoreContext } from "./core_context.ts";
import type { MachineDeploymentScope } from "./machine_deployment_scope.ts";
import {
  CORE_API_VERSION,
  DEPLOYMENT_NAME_LABEL,
  DESIRED_REPLICAS,
  DISABLE_MACHINE_CREATE,
  MACHINE_SET_FINALIZER,
  MACHINE_SETS,
  MAX_REPLICAS,
  REVISION,
  REVISION_HISTORY,
  TEMPLATE_HASH_LABEL,
} from "./names.ts";

const BASE_LENGTH_MAX = 58;

/** Annotations of a MachineDeployment that its MachineSets do not inherit. */
const OWN_ANNOTATIONS = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "cluster.x-k8s.io/conversion-data",
]);

/** Makes and maintains MachineSets. */
export class MachineDeploymentSets {
  readonly #context: CoreContext;
  readonly #applier: Applier;

  /** One for all MachineDeployments. */
  constructor(context: CoreContext) {
    this.#context = context;
    this.#applier = new Applier(context.client, "capi-machinedeployment");
  }

  /** Makes the MachineSet for the present template. */
  async create(scope: MachineDeploymentScope, replicas: number): Promise<KubeObject> {
    const { events, random } = this.#context;
    const suffix = nameSuffix(random);
    const name = `${scope.name.slice(0, BASE_LENGTH_MAX - 1)}-${suffix}`;
    const hash = `${templateHash(scope.deployment)}-${suffix}`;
    const wanted = desiredSet(scope, {
      name,
      hash,
      replicas,
      revision: String(latestRevision(scope.sets ?? []) + 1),
      template: templateOf(scope.deployment.spec.template, hash, scope),
    });
    wanted.metadata.finalizers = [MACHINE_SET_FINALIZER];
    try {
      const made = await this.#applier.apply(MACHINE_SETS, wanted);
      events.event(
        scope.deployment,
        "Normal",
        "SuccessfulCreate",
        `Created MachineSet ${scope.namespace}/${name}`,
      );
      return made;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      events.event(
        scope.deployment,
        "Warning",
        "FailedCreate",
        `Failed to create MachineSet ${scope.namespace}/${name}: ${text}`,
      );
      throw error;
    }
  }

  /** Brings an existing MachineSet in line; `replicas` is what the plan says. */
  async sync(
    scope: MachineDeploymentScope,
    set: KubeObject,
    replicas: number,
  ): Promise<KubeObject> {
    const { metadata, spec } = set;
    const hash = metadata.labels?.[TEMPLATE_HASH_LABEL] ??
      spec.selector?.matchLabels?.[TEMPLATE_HASH_LABEL];
    const wanted = desiredSet(scope, {
      name: metadata.name ?? "",
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      hash,
      replicas,
      ...revisionOf(scope, set),
      selector: spec.selector,
      template: syncedTemplate(scope, set, hash),
    });
    const before: number = spec.replicas ?? 0;
    const synced = await this.#applier.sync(MACHINE_SETS, wanted, set);
    if (before !== replicas) {
      this.#context.events.event(
        scope.deployment,
        "Normal",
        "SuccessfulScale",
        `Scaled ${
          replicas > before ? "up" : "down"
        } MachineSet ${scope.namespace}/${metadata.name} from ${before} to ${replicas}`,
      );
    }
    return synced;
  }
}

/** A number for a template, the same for the same template. */
export function templateHash(deployment: KubeObject): number {
  return fnv32a(canonical(deployment.spec?.template ?? {}));
}

function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined).sort();
  return `{${
    entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")
  }}`;
}

/** The highest revision among MachineSets. */
export function latestRevision(sets: readonly KubeObject[]): number {
  return Math.max(
    0,
    ...sets.map(({ metadata }) => Number(metadata.annotations?.[REVISION] ?? 0) || 0),
  );
}

/** The new set carries the highest revision; a set that becomes the new one again remembers the one it had. */
function revisionOf(
  scope: MachineDeploymentScope,
  set: KubeObject,
): { revision?: string; history?: string } {
  const annotations = set.metadata.annotations ?? {};
  const revision = annotations[REVISION];
  const history = annotations[REVISION_HISTORY];
  const kept = history === undefined ? {} : { history };
  if (set !== scope.newSet) return revision === undefined ? kept : { revision, ...kept };
  const highest = latestRevision(scope.oldSets);
  if (revision !== undefined && Number(revision) > highest) return { revision, ...kept };
  const past = [history, revision].filter((text) => text !== undefined && text !== "").join(",");
  return { revision: String(highest + 1), ...(past === "" ? {} : { history: past }) };
}

interface SetForm {
  readonly name: string;
  readonly uid?: string;
  readonly hash: string | undefined;
  readonly replicas: number;
  readonly revision?: string;
  readonly history?: string;
  readonly selector?: JsonObject;
  readonly template: JsonObject;
}

function desiredSet(scope: MachineDeploymentScope, form: SetForm): KubeObject {
  const { deployment, cluster } = scope;
  const { spec } = deployment;
  const hash: Record<string, string> = form.hash === undefined
    ? {}
    : { [TEMPLATE_HASH_LABEL]: form.hash };
  return {
    apiVersion: CORE_API_VERSION,
    kind: "MachineSet",
    metadata: {
      namespace: scope.namespace,
      name: form.name,
      ...(form.uid === undefined ? {} : { uid: form.uid }),
      labels: {
        ...spec.template.metadata?.labels,
        ...hash,
        [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
        [DEPLOYMENT_NAME_LABEL]: labelValueOf(scope.name),
      },
      annotations: setAnnotations(scope, form),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      clusterName: spec.clusterName,
      replicas: form.replicas,
      selector: form.selector ?? {
        ...spec.selector,
        matchLabels: { ...spec.selector?.matchLabels, ...hash },
      },
      template: form.template,
      ...(spec.machineNaming === undefined ? {} : { machineNaming: spec.machineNaming }),
      ...(spec.deletion?.order === undefined ? {} : { deletion: { order: spec.deletion.order } }),
    },
  };
}

function setAnnotations(scope: MachineDeploymentScope, form: SetForm): Record<string, string> {
  const { deployment, desired, limits, newSet } = scope;
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) =>
    !OWN_ANNOTATIONS.has(key)
  );
  const isOld = newSet !== undefined && newSet.metadata.name !== form.name;
  return {
    ...Object.fromEntries(inherited),
    ...(form.revision === undefined ? {} : { [REVISION]: form.revision }),
    ...(form.history === undefined ? {} : { [REVISION_HISTORY]: form.history }),
    [DESIRED_REPLICAS]: String(desired),
    [MAX_REPLICAS]: String(desired + limits.surge),
    ...(scope.strategy === "OnDelete" && isOld ? { [DISABLE_MACHINE_CREATE]: "true" } : {}),
  };
}

function templateOf(
  template: JsonObject,
  hash: string | undefined,
  scope: MachineDeploymentScope,
): JsonObject {
  const copy = clone(template);
  const metadata = (copy.metadata ?? {}) as JsonObject;
  copy.metadata = {
    ...metadata,
    labels: {
      ...metadata.labels as JsonObject | undefined,
      ...(hash === undefined ? {} : { [TEMPLATE_HASH_LABEL]: hash }),
      [CLUSTER_NAME_LABEL]: scope.cluster.metadata.name ?? "",
      [DEPLOYMENT_NAME_LABEL]: labelValueOf(scope.name),
    },
  };
  return copy;
}

/** The MachineDeployment's template, except what would need new Machines: that stays the set's own. */
function syncedTemplate(
  scope: MachineDeploymentScope,
  set: KubeObject,
  hash: string | undefined,
): JsonObject {
  const template = templateOf(scope.deployment.spec.template, hash, scope);
  const own: JsonObject = set.spec?.template?.spec ?? {};
  const spec = template.spec as JsonObject;
  for (const key of ["version", "bootstrap", "infrastructureRef", "failureDomain"]) {
    if (own[key] === undefined) delete spec[key];
    else spec[key] = own[key];
  }
  return template;
}
