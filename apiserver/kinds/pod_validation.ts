// Checks of pods as a whole, when they are made and when they change.
// Source: ValidatePodCreate, ValidatePodUpdate and
// ValidatePodEphemeralContainersUpdate of pkg/apis/core/validation.

import { type FieldError, forbiddenField, invalid, required } from "../../runtime/field/error.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { rangeMessage } from "../../runtime/names.ts";
import { spacedImageErrors } from "./container_validation.ts";
import { goValue } from "./go_value.ts";
import { isEmpty, items, type Part, semanticEqual } from "./part.ts";
import {
  MIRROR,
  validatePodAnnotations,
  validatePodAnnotationsUpdate,
  validateProfilesMatch,
} from "./pod_annotations_validation.ts";
import { goEphemeralContainer, goPodSpec } from "./pod_go_shapes.ts";
import { validateGatedChange } from "./pod_gated_validation.ts";
import { validatePodSpec } from "./pod_spec_validation.ts";
import { validateTolerations } from "./scheduling_validation.ts";
import { structDiff } from "./struct_diff.ts";

const INT32_MAX = 2 ** 31 - 1;
const UPDATABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

/** Errors of what every pod has to be, whoever changes it. */
export function validatePodObject(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const errors = [
    ...validatePodAnnotations(object.metadata.annotations, spec, "metadata.annotations"),
    ...validatePodSpec(spec, "spec", { isPod: true, podName: object.metadata.name ?? "" }),
  ];
  if (!spec.serviceAccountName) {
    items(spec.volumes).forEach(({ projected }, i) => {
      items(projected?.sources).forEach(({ serviceAccountToken }, j) => {
        if (serviceAccountToken) {
          errors.push(
            forbiddenField(
              `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
              "must not be specified when serviceAccountName is not set",
            ),
          );
        }
      });
    });
  }
  for (const list of ["containers", "initContainers"]) {
    items(spec[list]).forEach((container, i) => {
      errors.push(...spacedImageErrors(container, `spec.${list}[${i}]`));
    });
  }
  return errors;
}

/** Errors of a new pod. */
export function validatePod(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const errors = validatePodObject(object);
  if (!isEmpty(spec.ephemeralContainers)) {
    errors.push(forbiddenField("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (spec.nodeName && !isEmpty(spec.schedulingGates)) {
    errors.push(
      forbiddenField("spec.nodeName", "cannot be set until all schedulingGates have been cleared"),
    );
  }
  return [...errors, ...validateProfilesMatch(object.metadata.annotations, spec, "spec")];
}

/** Errors of changed annotations, and of what they are now. */
export function validateAnnotationsChange(object: KubeObject, old: KubeObject): FieldError[] {
  const field = "metadata.annotations";
  const { annotations } = object.metadata;
  return [
    ...validatePodAnnotationsUpdate(annotations, old.metadata.annotations, field),
    ...validatePodAnnotations(annotations, object.spec ?? {}, field),
  ];
}

/** Errors of changed containers, and whether there is no use in looking further. */
function validateContainers(
  containers: readonly Part[],
  old: readonly Part[],
  field: string,
): { errors: FieldError[]; stop: boolean } {
  if (containers.length !== old.length) {
    return {
      errors: [forbiddenField(field, "pod updates may not add or remove containers")],
      stop: true,
    };
  }
  const errors = containers.flatMap((container, i) => {
    const path = `${field}[${i}]`;
    return container.image ? spacedImageErrors(container, path) : [required(`${path}.image`)];
  });
  return { errors, stop: false };
}

/** Errors of a changed pod: a few fields may change, the others are shown as a difference. */
export function validatePodUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part = old.spec ?? {};
  const errors = [...validatePodObject(object), ...validateAnnotationsChange(object, old)];
  for (const list of ["containers", "initContainers"]) {
    const found = validateContainers(items(spec[list]), items(before[list]), `spec.${list}`);
    errors.push(...found.errors);
    if (found.stop) return errors;
  }
  const deadline = validateDeadline(spec, before);
  errors.push(...deadline.errors);
  if (deadline.stop) return errors;
  errors.push(...validateAddedTolerations(spec, before));
  errors.push(...validateDeletedGates(spec, before));
  if (semanticEqual(spec, before)) return errors;
  const munged = withoutUpdatable(spec, before);
  if (!isEmpty(before.schedulingGates)) errors.push(...validateGatedChange(munged, before));
  if (!semanticEqual(munged, before)) {
    const diff = structDiff(goPodSpec(before), goPodSpec(munged));
    errors.push(
      forbiddenField("spec", `pod updates may not change fields other than ${UPDATABLE}\n${diff}`),
    );
  }
  return errors;
}

function validateDeadline(
  { activeDeadlineSeconds: value }: Part,
  { activeDeadlineSeconds: before }: Part,
): { errors: FieldError[]; stop: boolean } {
  const bad = (shown: unknown, message: string, stop: boolean) => ({
    errors: [invalid("spec.activeDeadlineSeconds", shown, message)],
    stop,
  });
  if (value === undefined) {
    return before === undefined
      ? { errors: [], stop: false }
      : bad(undefined, "must not update from a positive integer to nil value", false);
  }
  if (value < 0 || value > INT32_MAX) return bad(value, rangeMessage(0, INT32_MAX), true);
  return before !== undefined && before < value
    ? bad(value, "must be less than or equal to previous value", true)
    : { errors: [], stop: false };
}

function validateAddedTolerations(spec: Part, before: Part): FieldError[] {
  const now = items(spec.tolerations);
  for (const old of items(before.tolerations)) {
    const kept = now.some((toleration) =>
      semanticEqual(
        { ...old, tolerationSeconds: undefined },
        { ...toleration, tolerationSeconds: undefined },
      )
    );
    if (!kept) {
      return [
        forbiddenField(
          "spec.tolerations",
          "existing toleration can not be modified except its tolerationSeconds",
        ),
      ];
    }
  }
  return validateTolerations(now, "spec.tolerations");
}

function validateDeletedGates(spec: Part, before: Part): FieldError[] {
  const known = new Set(items(before.schedulingGates).map(({ name }) => name));
  return items(spec.schedulingGates).flatMap(({ name }, i) =>
    known.has(name) ? [] : [
      forbiddenField(
        `spec.schedulingGates[${i}].name`,
        `only deletion is allowed, but found new scheduling gate '${name}'`,
      ),
    ]
  );
}

/** The new spec with everything put back that may change. */
function withoutUpdatable(spec: Part, before: Part): Part {
  const munged: Part = clone(spec);
  for (const list of ["containers", "initContainers"]) {
    items(munged[list]).forEach((container, i) => {
      const { image } = before[list][i];
      if (image === undefined) delete container.image;
      else container.image = image;
    });
  }
  munged.activeDeadlineSeconds = before.activeDeadlineSeconds;
  munged.schedulingGates = before.schedulingGates;
  munged.tolerations = before.tolerations;
  if (before.terminationGracePeriodSeconds < 0 && munged.terminationGracePeriodSeconds === 1) {
    munged.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds;
  }
  return munged;
}

/** Errors of added ephemeral containers: those that are there stay as they are. */
export function validateEphemeralUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined) {
    return [forbiddenField("[]", "static pods do not support ephemeral containers")];
  }
  const errors = [...validatePodObject(object), ...validateAnnotationsChange(object, old)];
  const field = "spec.ephemeralContainers";
  const now = items(object.spec?.ephemeralContainers);
  for (const before of items(old.spec?.ephemeralContainers)) {
    const name = JSON.stringify(before.name);
    const after = now.findLast((container) => container.name === before.name);
    if (after === undefined) {
      errors.push(
        forbiddenField(field, `existing ephemeral containers ${name} may not be removed\n`),
      );
    } else if (!semanticEqual(before, after)) {
      const diff = structDiff(
        goValue(before, goEphemeralContainer),
        goValue(after, goEphemeralContainer),
      );
      errors.push(
        forbiddenField(field, `existing ephemeral containers ${name} may not be changed\n${diff}`),
      );
    }
  }
  return errors;
}
