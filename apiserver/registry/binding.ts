// Binding a pod to a node: `pods/NAME/binding` and the older `bindings`.
// Source: k8s.io/kubernetes registry/core/pod/storage BindingREST.

import {
  type FieldError,
  notSupported,
  printFieldError,
  required,
} from "../../runtime/field/error.ts";
import { clone, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { badRequest, conflict, StatusError } from "../../runtime/status.ts";
import type { ObjectResult, RequestContext, Target, WriteRequestOptions } from "../request.ts";
import { admit, validate, writeOptionsObject } from "./admission.ts";
import { matchNamespace } from "./before_create.ts";
import type { Environment } from "./environment.ts";
import { getEntry } from "./get.ts";
import { setPodCondition } from "./pod_condition.ts";
import { successStatus } from "./success_status.ts";
import type { SubresourceHandler } from "./subresources.ts";
import { OPTIMISTIC_LOCK } from "./versions.ts";

const RESOURCE = { group: "", resource: "pods/binding" };

function bindingErrors(target: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const { kind = "", name = "" } = target;
  if (kind !== "" && kind !== "Node") {
    errors.push(notSupported("target.kind", kind, ["Node", "<empty>"]));
  }
  if (name === "") errors.push(required("target.name"));
  return errors;
}

async function bind(
  env: Environment,
  context: RequestContext,
  target: Target,
  binding: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  matchNamespace(target, binding);
  const name = target.subresource === undefined ? binding.metadata.name ?? "" : target.name;
  const named = { ...target, name };
  const request = {
    context,
    target: named,
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object: binding,
  } as const;
  await admit(env, request);
  if (name !== binding.metadata.name) {
    throw badRequest("name in URL does not match name in Binding object");
  }
  const errors = bindingErrors((binding.target ?? {}) as JsonObject);
  if (errors.length > 0) {
    const texts = errors.map(printFieldError);
    throw new StatusError(500, "", texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`);
  }
  const validating = validate(env, request);
  if (validating !== undefined) await validating;
  assign(env, named, binding, options.dryRun);
  return { object: successStatus(201), created: true };
}

/** Puts the pod on the node. */
function assign(env: Environment, target: Target, binding: KubeObject, dryRun: boolean): void {
  const definition = env.definitions.lookup("", "v1", "pods")!;
  const entry = getEntry(env, { definition, namespace: target.namespace, name: target.name });
  const old = entry.object;
  const refuse = (why: string) => conflict(RESOURCE, target.name, why);
  const { uid, resourceVersion } = binding.metadata;
  if (
    (uid && uid !== old.metadata.uid) ||
    (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
  ) {
    throw conflict({ group: "", resource: "pods" }, target.name, OPTIMISTIC_LOCK);
  }
  if (old.metadata.deletionTimestamp) {
    throw refuse(`pod ${target.name} is being deleted, cannot be assigned to a host`);
  }
  if (old.spec?.nodeName) {
    const node = JSON.stringify(old.spec.nodeName);
    throw refuse(`pod ${target.name} is already assigned to node ${node}`);
  }
  if ((old.spec?.schedulingGates?.length ?? 0) > 0) {
    throw refuse(`pod ${target.name} has non-empty .spec.schedulingGates`);
  }
  if (dryRun) return;
  const pod = clone(old);
  pod.spec.nodeName = binding.target.name;
  const { annotations, labels } = binding.metadata;
  if (annotations !== undefined) {
    pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  }
  if (labels !== undefined) pod.metadata.labels = { ...labels, ...pod.metadata.labels };
  setPodCondition(pod, { type: "PodScheduled", status: "True" }, env.clock.now());
  env.store.put(entry.storage, entry.key, pod, entry.revision);
}

/** `pods/NAME/binding`, and `bindings`. */
export const binding: SubresourceHandler = { create: bind };
