// The resize subresource: changes what a pod's containers may use while they
// run, and nothing else. Source: podResizeStrategy of
// pkg/registry/core/pod and ValidatePodResize.

import { type FieldError, forbiddenField, invalid } from "../../runtime/field/error.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import type { Strategy } from "../definition.ts";
import { nextGeneration } from "./generation.ts";
import { items, type Part, semanticEqual } from "./part.ts";
import { MIRROR } from "./pod_annotations_validation.ts";
import { podQOS } from "../../runtime/quota/pod_qos.ts";
import { validatePodObject } from "./pod_validation.ts";
import { isSidecar } from "../../runtime/quota/resource_list.ts";

/** Puts everything back but what identifies the pod and the fields named. */
export function keepOnly(object: KubeObject, old: KubeObject, change: (spec: Part) => void): void {
  const { name, namespace, uid, resourceVersion, managedFields } = object.metadata;
  const spec: Part = clone(old.spec ?? {});
  change(spec);
  object.spec = spec;
  object.status = old.status;
  const given = { name, namespace, uid, resourceVersion, managedFields };
  const metadata = { ...old.metadata, ...defined(given) };
  object.metadata = metadata;
  nextGeneration(object, old, !semanticEqual(spec, old.spec));
}

function defined<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

function prepareForUpdate(object: KubeObject, old: KubeObject): void {
  const sent: Part = object.spec ?? {};
  keepOnly(object, old, (spec) => {
    for (const list of ["containers", "initContainers"]) {
      for (const container of items(spec[list])) {
        const found = items(sent[list]).find(({ name }) => name === container.name);
        if (found === undefined) continue;
        for (const member of ["resources", "resizePolicy"]) {
          if (found[member] === undefined) delete container[member];
          else container[member] = found[member];
        }
      }
    }
  });
}

function refusal(old: KubeObject): string | undefined {
  if (old.metadata.annotations?.[MIRROR] !== undefined) return "static pods cannot be resized";
  return old.spec?.os?.name === "windows" ? "windows pods cannot be resized" : undefined;
}

function removed(now: Part | undefined, before: Part | undefined): boolean {
  return Object.keys(before ?? {}).some((name) => now?.[name] === undefined);
}

function validateRemoval(
  now: Part | undefined,
  before: Part | undefined,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (removed(now?.requests, before?.requests)) {
    errors.push(forbiddenField(`${field}.requests`, "resource requests cannot be removed"));
  }
  if (removed(now?.limits, before?.limits)) {
    errors.push(forbiddenField(`${field}.limits`, "resource limits cannot be removed"));
  }
  return errors;
}

/** The container with the cpu and memory that it had. */
function withOldComputeResources(container: Part, before: Part): Part {
  const resources: Part = { ...container.resources };
  for (const list of ["limits", "requests"]) {
    if (before.resources?.[list] === undefined) {
      delete resources[list];
      continue;
    }
    const { cpu: _cpu, memory: _memory, ...rest } = resources[list] ?? {};
    const { cpu, memory } = before.resources[list];
    resources[list] = {
      ...rest,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
    };
  }
  return { ...container, resources };
}

function runs(old: KubeObject): boolean {
  const running = items(old.status?.containerStatuses).find(({ state }) => state?.running);
  return running === undefined || running.resources !== undefined;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const refused = refusal(old);
  if (refused !== undefined) return [forbiddenField("[]", refused)];
  const spec: Part = object.spec ?? {};
  const before: Part = old.spec ?? {};
  const errors = validatePodObject(object);
  const qos = old.status?.qosClass ?? podQOS(before);
  if (qos !== podQOS(spec)) {
    errors.push(
      invalid(
        "spec",
        object.status?.qosClass ?? "",
        "Pod QOS Class may not change as a result of resizing",
      ),
    );
  }
  if (!runs(old)) {
    errors.push(forbiddenField("spec", "Pod running on node without support for resize"));
  }
  items(before.initContainers).forEach((container, i) => {
    if (!isSidecar(container)) return;
    const path = `spec.initContainers[${i}].resources`;
    errors.push(...validateRemoval(spec.initContainers[i].resources, container.resources, path));
  });
  items(before.containers).forEach((container, i) => {
    const path = `spec.containers[${i}].resources`;
    errors.push(...validateRemoval(spec.containers[i].resources, container.resources, path));
  });
  return [...errors, ...validateMutable(spec, before)];
}

function validateMutable(spec: Part, before: Part): FieldError[] {
  const errors: FieldError[] = [];
  const sameButCompute = (container: Part, old: Part) =>
    semanticEqual(withOldComputeResources(container, old), old);
  items(spec.containers).forEach((container, i) => {
    if (!sameButCompute(container, before.containers[i])) {
      errors.push(forbiddenField("spec", "only cpu and memory resources are mutable"));
    }
  });
  items(spec.initContainers).forEach((container, i) => {
    const old: Part = before.initContainers[i];
    if (isSidecar(container)) {
      if (!sameButCompute(container, old)) {
        errors.push(
          forbiddenField(
            "spec",
            "only cpu and memory resources for sidecar containers are mutable",
          ),
        );
      }
    } else if (!semanticEqual(container, old)) {
      errors.push(
        forbiddenField("spec", "resources for non-sidecar init containers are immutable"),
      );
    }
  });
  return errors;
}

/** The strategy of `pods/resize`. */
export const podResizeStrategy: Strategy = {
  prepareForUpdate,
  validateUpdate,
  resetFields: { "f:status": {} },
};
