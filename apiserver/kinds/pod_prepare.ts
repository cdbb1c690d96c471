// What the server does to a pod before it is checked: its first status, the
// selectors that label keys stand for, and AppArmor profiles in their two
// forms. Source: PrepareForCreate and PrepareForUpdate of
// pkg/registry/core/pod/strategy.go.

import { rfc3339 } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { StrategyContext } from "../definition.ts";
import { nextGeneration, startGeneration } from "./generation.ts";
import { isEmpty, items, type Part, restore, semanticEqual, strings } from "./part.ts";
import { APP_ARMOR_PREFIX } from "./pod_annotations_validation.ts";
import { eachContainer } from "./pod_containers.ts";
import { dropDisabledPodFields } from "./pod_disabled_fields.ts";
import { podQOS } from "../../runtime/quota/pod_qos.ts";
import { validateAppArmor } from "./security_context_validation.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** Prepares a new pod. */
export function preparePod(object: KubeObject, context: StrategyContext): void {
  const spec: Part = object.spec ??= {};
  startGeneration(object);
  object.status = { phase: "Pending", qosClass: podQOS(spec) };
  dropDisabledPodFields(spec, undefined);
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1;
  if (!isEmpty(spec.schedulingGates)) {
    object.status.conditions = [{
      type: "PodScheduled",
      status: "False",
      lastProbeTime: null,
      lastTransitionTime: rfc3339(context.clock.now()),
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
    }];
  }
  const labels = object.metadata.labels ?? {};
  if (spec.affinity) mergeAffinityKeys(spec.affinity, labels);
  for (const constraint of items(spec.topologySpreadConstraints)) {
    mergeKeys(constraint, constraint.matchLabelKeys, labels, "In");
  }
  syncAppArmor(object, context);
}

/** Prepares a changed pod: only its spec and metadata are changed here. */
export function preparePodUpdate(object: KubeObject, old: KubeObject): void {
  restore(object, old, "status");
  dropDisabledPodFields(object.spec, old.spec);
  nextGeneration(object, old, !semanticEqual(object.spec, old.spec));
}

function mergeAffinityKeys(affinity: Part, labels: Readonly<Record<string, string>>): void {
  for (const name of ["podAffinity", "podAntiAffinity"]) {
    const terms = [
      ...items(affinity[name]?.[REQUIRED]),
      ...items(affinity[name]?.[PREFERRED]).map(({ podAffinityTerm }) => podAffinityTerm),
    ];
    for (const term of terms) {
      if (!term) continue;
      mergeKeys(term, term.matchLabelKeys, labels, "In");
      mergeKeys(term, term.mismatchLabelKeys, labels, "NotIn");
    }
  }
}

/** Adds to the selector what the keys mean for a pod with these labels. */
function mergeKeys(
  term: Part,
  keys: unknown,
  labels: Readonly<Record<string, string>>,
  operator: "In" | "NotIn",
): void {
  if (!term.labelSelector) return;
  for (const key of strings(keys)) {
    const value = labels[key];
    if (value === undefined) continue;
    (term.labelSelector.matchExpressions ??= []).push({ key, operator, values: [value] });
  }
}

/** The field that an annotation stands for. */
function profileOf(annotation: string): Part | undefined {
  const localhost = "localhost/";
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  return annotation.startsWith(localhost)
    ? { type: "Localhost", localhostProfile: annotation.slice(localhost.length) }
    : undefined;
}

/** The annotation of former versions stands for the field where that is not given. */
function syncAppArmor(object: KubeObject, context: StrategyContext): void {
  const spec: Part = object.spec;
  if (spec.os?.name === "windows") return;
  const ofPod: Part | undefined = spec.securityContext?.appArmorProfile;
  for (const [container] of eachContainer(spec, "")) {
    const key = `${APP_ARMOR_PREFIX}${container.name}`;
    const own: Part | undefined = container.securityContext?.appArmorProfile;
    const annotation = object.metadata.annotations?.[key];
    if (annotation === undefined || own) continue;
    const made = profileOf(annotation);
    const good = made !== undefined && validateAppArmor(made, "").length === 0;
    if (good && !semanticEqual(made, ofPod)) {
      (container.securityContext ??= {}).appArmorProfile = made;
    } else if (good) continue;
    context.warn(
      `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    );
  }
}
