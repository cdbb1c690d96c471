// Admission plugin Priority: turns a pod's priority class into its priority,
// allows one default class and keeps those of the system. Source: plugin/pkg/admission/priority.

import type { KubeObject } from "../../runtime/object.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { Part } from "../kinds/part.ts";
import { SYSTEM_PRIORITY_CLASSES } from "../kinds/priority_class.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";
import { isFor, refuse } from "./refusal.ts";

const CLASSES = "scheduling.k8s.io/priorityclasses";
const DEFAULT_POLICY = "PreemptLowerPriority";

/** Of several default classes the lowest counts. */
function defaultClass(store: Store): KubeObject | undefined {
  return store.list(CLASSES).entries.map(({ object }) => object)
    .filter((object) => object["globalDefault"] === true)
    .sort((a, b) => a["value"] - b["value"])[0];
}

function admit(attributes: AdmissionAttributes, { store }: AdmissionServices): void {
  const { target, operation } = attributes;
  if (operation === "DELETE" && target.name in SYSTEM_PRIORITY_CLASSES) {
    throw refuse(attributes, "this is a system priority class and cannot be deleted");
  }
  if (target.definition.storage !== "/pods") return;
  const spec: Part = attributes.object!["spec"] ??= {};
  if (attributes.operation === "UPDATE") {
    const old: Part = attributes.old?.["spec"] ?? {};
    for (const member of ["priority", "preemptionPolicy"]) {
      if (old[member] !== undefined) spec[member] ??= old[member];
    }
    return;
  }
  const found = classOf(attributes, spec, store);
  if (found !== undefined) spec.priorityClassName = found.metadata.name;
  const priority: number = found?.["value"] ?? 0;
  const policy: string = found?.["preemptionPolicy"] ?? DEFAULT_POLICY;
  const disagree = (what: string, given: unknown, computed: unknown) =>
    refuse(
      attributes,
      `the ${what} (${given}) must not be provided in pod spec; priority admission controller ` +
        `computed ${computed} from the given PriorityClass name`,
    );
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw disagree("integer value of priority", spec.priority, priority);
  }
  spec.priority = priority;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw disagree("string value of PreemptionPolicy", spec.preemptionPolicy, policy);
  }
  spec.preemptionPolicy = policy;
}

function classOf(
  attributes: AdmissionAttributes,
  { priorityClassName }: Part,
  store: Store,
): KubeObject | undefined {
  if (!priorityClassName) return defaultClass(store);
  const found = store.get(CLASSES, priorityClassName)?.object;
  if (found === undefined) {
    throw refuse(attributes, `no PriorityClass with name ${priorityClassName} was found`);
  }
  return found;
}

function validate(attributes: AdmissionAttributes, { store }: AdmissionServices): void {
  const { target, object, operation } = attributes;
  if (target.definition.storage !== CLASSES || object?.["globalDefault"] !== true) return;
  const present = defaultClass(store)?.metadata.name;
  if (present === undefined || (operation === "UPDATE" && present === object.metadata.name)) {
    return;
  }
  throw refuse(
    attributes,
    `PriorityClass ${present} is already marked as default. Only one default can exist`,
  );
}

/** The plugin. */
export const priority: AdmissionPlugin = {
  name: "Priority",
  handles: (attributes) =>
    isFor(attributes, CLASSES) ||
    (isFor(attributes, "/pods") &&
      (attributes.operation === "CREATE" || attributes.operation === "UPDATE")),
  admit,
  validate,
};
