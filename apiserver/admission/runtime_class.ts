// Admission plugin RuntimeClass: a pod gets its runtime class's overhead and
// scheduling constraints. Source: plugin/pkg/admission/runtimeclass and
// pkg/util/tolerations.

import type { KubeObject } from "../../runtime/object.ts";
import { items, type Part, semanticEqual, sortedEntries, written } from "../kinds/part.ts";
import { quantity } from "../../runtime/quota/resource_list.ts";
import { StatusError } from "../../runtime/status.ts";
import { lookupProblem } from "./lookup_name.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";
import { isFor, refuse } from "./refusal.ts";

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function classOf(
  attributes: AdmissionAttributes,
  { store }: AdmissionServices,
): KubeObject | undefined {
  const name: string | undefined = attributes.object!["spec"]?.runtimeClassName;
  if (name === undefined) return undefined;
  const found = store.get("node.k8s.io/runtimeclasses", name)?.object;
  const problem = lookupProblem(name);
  if (problem !== undefined) throw new StatusError(500, "", problem);
  if (found === undefined) {
    throw refuse(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  }
  return found;
}

function sameResources(a: unknown, b: unknown): boolean {
  const left = sortedEntries(a);
  const right = sortedEntries(b);
  return left.length === right.length &&
    left.every(([name, amount], i) =>
      name === right[i]![0] && quantity(amount).compare(quantity(right[i]![1])) === 0
    );
}

function admit(attributes: AdmissionAttributes, services: AdmissionServices): void {
  const spec: Part = attributes.object!["spec"] ??= {};
  const found = classOf(attributes, services);
  const overhead = found?.["overhead"]?.podFixed;
  if (overhead !== undefined) {
    if (sortedEntries(spec.overhead).length > 0 && !sameResources(spec.overhead, overhead)) {
      throw refuse(attributes, MISMATCH);
    }
    spec.overhead = { ...overhead };
  }
  const scheduling: Part | undefined = found?.["scheduling"];
  if (scheduling !== undefined) schedule(attributes, spec, scheduling);
}

function schedule(attributes: AdmissionAttributes, spec: Part, scheduling: Part): void {
  const selector = { ...spec.nodeSelector };
  for (const [key, value] of sortedEntries(scheduling.nodeSelector)) {
    if (selector[key] !== undefined && selector[key] !== value) {
      throw refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; ` +
          `pod.spec.nodeSelector[${key}] = ${selector[key]}`,
      );
    }
    selector[key] = value;
  }
  if (Object.keys(selector).length > 0) spec.nodeSelector = selector;
  const merged = mergeTolerations(items(spec.tolerations), items(scheduling.tolerations));
  if (merged.length > 0) spec.tolerations = merged;
}

/** Both lists, without what others of them say too. */
function mergeTolerations(first: readonly Part[], second: readonly Part[]): Part[] {
  const all = [...first, ...second];
  const merged: Part[] = [];
  for (const [i, one] of all.entries()) {
    const redundant = merged.some((other) => includes(other, one)) ||
      all.slice(i + 1).some((other) => !semanticEqual(one, other) && includes(other, one));
    if (!redundant) merged.push({ ...one });
  }
  return merged;
}

/** Whether everything that `b` tolerates is tolerated by `a`. */
function includes(a: Part, b: Part): boolean {
  if (semanticEqual(a, b)) return true;
  if ((a.key ?? "") !== (b.key ?? "") && !(!a.key && a.operator === "Exists")) return false;
  if (a.effect && a.effect !== b.effect) return false;
  if (a.effect === "NoExecute" && a.tolerationSeconds !== undefined) {
    if (b.tolerationSeconds === undefined || b.tolerationSeconds > a.tolerationSeconds) {
      return false;
    }
  }
  if (a.operator === "Exists") return true;
  return (a.operator ?? "Equal") === "Equal" && (b.operator ?? "Equal") === "Equal" &&
    (a.value ?? "") === (b.value ?? "");
}

function validate(attributes: AdmissionAttributes, services: AdmissionServices): void {
  const overhead = attributes.object!["spec"]?.overhead;
  const found = classOf(attributes, services);
  const wanted = found?.["overhead"]?.podFixed;
  if (wanted !== undefined) {
    if (!sameResources(wanted, overhead)) throw refuse(attributes, MISMATCH);
  } else if (written(attributes.object!["spec"], "overhead") !== null) {
    throw refuse(
      attributes,
      "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
    );
  }
}

/** The plugin. */
export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  handles: (attributes) => attributes.operation === "CREATE" && isFor(attributes, "/pods"),
  admit,
  validate,
};
