// Admission plugin PodSecurity: holds pods to the level that their namespace
// asks for. Source: k8s.io/pod-security-admission admission/admission.go.

import { invalidObject, printFieldError } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Store } from "../../runtime/store/types.ts";
import { items, type Part } from "../kinds/part.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";
import { printViolations, violations } from "./pod_security_checks.ts";
import {
  compareLevels,
  type LevelVersion,
  policyOf,
  printLevel,
  validateLabels,
} from "./pod_security_level.ts";
import { refuse } from "./refusal.ts";

/** How many pods are looked at when a namespace becomes stricter. */
const PODS_MAX = 3000;
const IGNORED_SUBRESOURCES: ReadonlySet<string> = new Set([
  "attach",
  "binding",
  "eviction",
  "exec",
  "log",
  "portforward",
  "proxy",
  "status",
]);
const RELEVANT_ANNOTATIONS: readonly string[] = [
  "container.apparmor.security.beta.kubernetes.io/",
  "container.seccomp.security.alpha.kubernetes.io/",
  "seccomp.security.alpha.kubernetes.io/pod",
];
/** Where controllers of pods have their template. */
const TEMPLATES: ReadonlyMap<string, (object: KubeObject) => Part | undefined> = new Map([
  ["/podtemplates", (object: KubeObject) => object["template"]],
  ["batch/cronjobs", (object: KubeObject) => object["spec"]?.jobTemplate?.spec?.template],
  ...[
    "/replicationcontrollers",
    "apps/daemonsets",
    "apps/deployments",
    "apps/replicasets",
    "apps/statefulsets",
    "batch/jobs",
  ].map((storage) => [storage, (object: KubeObject) => object["spec"]?.template] as const),
]);

function handles({ operation, target }: AdmissionAttributes): boolean {
  if (operation !== "CREATE" && operation !== "UPDATE") return false;
  const { storage } = target.definition;
  const subresource = target.subresource?.name;
  if (storage === "/pods") return !IGNORED_SUBRESOURCES.has(subresource ?? "");
  return subresource === undefined && (storage === "/namespaces" || TEMPLATES.has(storage));
}

function validate(attributes: AdmissionAttributes, { store }: AdmissionServices): void {
  const { storage } = attributes.target.definition;
  if (storage === "/namespaces") return validateNamespace(attributes, store);
  const namespace = store.get("/namespaces", attributes.target.namespace)?.object;
  const { enforce, warn } = policyOf(namespace?.metadata.labels ?? {});
  const pod = podOf(attributes);
  if (pod === undefined) return;
  if (storage === "/pods") {
    if (attributes.operation === "UPDATE" && !isSignificant(attributes)) return;
    const wrong = violations(enforce, pod);
    if (wrong.length > 0) {
      const policy = JSON.stringify(printLevel(enforce));
      throw refuse(attributes, `violates PodSecurity ${policy}: ${printViolations(wrong)}`);
    }
  }
  const wrong = violations(warn, pod);
  if (wrong.length === 0) return;
  const policy = JSON.stringify(printLevel(warn));
  attributes.context.warn(`would violate PodSecurity ${policy}: ${printViolations(wrong)}`);
}

interface PodLike {
  readonly metadata: { annotations?: Record<string, string> };
  readonly spec: Part;
}

function podOf({ target, object }: AdmissionAttributes): PodLike | undefined {
  const { storage } = target.definition;
  const holder: Part | undefined = storage === "/pods"
    ? object as Part
    : TEMPLATES.get(storage)!(object!);
  return holder === undefined
    ? undefined
    : { metadata: holder.metadata ?? {}, spec: holder.spec ?? {} };
}

/** Whether an update changes something that the checks look at. */
function isSignificant({ object, old }: AdmissionAttributes): boolean {
  const look = (pod: KubeObject | undefined) =>
    JSON.stringify([
      ["containers", "initContainers", "ephemeralContainers"].map((member) =>
        items(pod?.["spec"]?.[member]).map(({ name, image }) => [name, image])
      ),
      Object.entries(pod?.metadata.annotations ?? {})
        .filter(([key]) => RELEVANT_ANNOTATIONS.some((prefix) => key.startsWith(prefix))).sort(),
    ]);
  return look(object) !== look(old);
}

function validateNamespace(attributes: AdmissionAttributes, store: Store): void {
  const { object, old, operation, context } = attributes;
  const labels = object!.metadata.labels ?? {};
  const errors = validateLabels(labels);
  const print = (all: typeof errors) => all.map(printFieldError).join("\n");
  const before = operation === "UPDATE" ? old?.metadata.labels ?? {} : {};
  if (errors.length > 0 && print(errors) !== print(validateLabels(before))) {
    throw invalidObject({ group: "", kind: "Namespace" }, object!.metadata.name ?? "", errors);
  }
  if (operation === "CREATE") return;
  const wanted = policyOf(labels).enforce;
  const present = policyOf(before).enforce;
  const stricter = wanted.minor !== present.minor ||
    compareLevels(wanted.level, present.level) > 0;
  if (!stricter || wanted.level === "privileged") return;
  for (const text of warnOfPods(store, object!.metadata.name!, wanted)) context.warn(text);
}

/** What to say of the pods that would not be let in any more. */
function warnOfPods(store: Store, namespace: string, policy: LevelVersion): string[] {
  const found = new Map<string, { pod: string; count: number }>();
  for (const { object } of store.list("/pods", { namespace, limit: PODS_MAX }).entries) {
    const wrong = violations(policy, { metadata: object.metadata, spec: object["spec"] ?? {} });
    if (wrong.length === 0) continue;
    const reasons = wrong.map(({ reason }) => reason).join(", ");
    const seen = found.get(reasons);
    if (seen === undefined) found.set(reasons, { pod: object.metadata.name!, count: 1 });
    else seen.count++;
  }
  if (found.size === 0) return [];
  const level = JSON.stringify(printLevel(policy));
  return [
    `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity ` +
    `enforce level ${level}`,
    ...[...found].map(([reasons, { pod, count }]) => `${pod}${others(count - 1)}: ${reasons}`)
      .sort(),
  ];
}

function others(count: number): string {
  if (count === 0) return "";
  return ` (and ${count} other ${count === 1 ? "pod" : "pods"})`;
}

/** The plugin. */
export const podSecurity: AdmissionPlugin = { name: "PodSecurity", handles, validate };
