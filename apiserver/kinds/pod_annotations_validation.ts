// Checks of annotations that mean something to pods: deletion cost, mirror
// pods, and the old forms of seccomp and AppArmor profiles, which have to
// agree with the fields. Source: ValidatePodSpecificAnnotations and
// validateSeccompAnnotationsAndFields of pkg/apis/core/validation.

import { type FieldError, forbiddenField, invalid } from "../../runtime/field/error.ts";
import { isEmpty, type Part, sortedEntries } from "./part.ts";
import { localDescendingPath } from "./path_validation.ts";
import { eachContainer } from "./pod_containers.ts";

/** Marks a pod that a kubelet shows for one of its own manifests. */
export const MIRROR = "kubernetes.io/config.mirror";
/** The container's name follows. */
export const APP_ARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_PREFIX = "container.seccomp.security.alpha.kubernetes.io/";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const LOCALHOST = "localhost/";
const INT32_MAX = 2 ** 31 - 1;

/** A whole number of 32 bits in its shortest form. */
function isDeletionCost(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]{0,9})$/.test(text)) return false;
  const value = Number(text);
  return value <= INT32_MAX && value >= -INT32_MAX - 1;
}

function seccompErrors(profile: string, field: string): FieldError[] {
  if (["runtime/default", "docker/default", "unconfined"].includes(profile)) return [];
  if (profile.startsWith(LOCALHOST)) {
    return localDescendingPath(profile.slice(LOCALHOST.length), field);
  }
  return [invalid(field, profile, "must be a valid seccomp profile")];
}

/** Errors of the annotations that pods and templates give a meaning. */
export function validatePodAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: Part,
  field: string,
): FieldError[] {
  if (isEmpty(annotations)) return [];
  const given = annotations as Readonly<Record<string, string>>;
  const errors: FieldError[] = [];
  const mirror = given[MIRROR];
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(
      invalid(
        `${field}[${MIRROR}]`,
        mirror,
        "must set spec.nodeName if mirror pod annotation is set",
      ),
    );
  }
  const cost = given[DELETION_COST];
  if (cost !== undefined && !isDeletionCost(cost)) {
    errors.push(invalid(`${field}[${DELETION_COST}]`, cost, "must be a 32bit integer"));
  }
  if (given[SECCOMP_POD] !== undefined) {
    errors.push(...seccompErrors(given[SECCOMP_POD] as string, `${field}.${SECCOMP_POD}`));
  }
  const names = new Set([...eachContainer(spec, "")].map(([container]) => container.name));
  for (const [key, value] of sortedEntries(given)) {
    if (key.startsWith(SECCOMP_PREFIX)) errors.push(...seccompErrors(value, `${field}.${key}`));
    if (!key.startsWith(APP_ARMOR_PREFIX)) continue;
    const name = key.slice(APP_ARMOR_PREFIX.length);
    if (!names.has(name)) errors.push(invalid(`${field}[${key}]`, name, "container not found"));
    const known = value === "" || value === "runtime/default" || value === "unconfined" ||
      value.startsWith(LOCALHOST);
    if (!known) {
      errors.push(
        invalid(
          `${field}[${key}]`,
          value,
          `invalid AppArmor profile name: ${JSON.stringify(value)}`,
        ),
      );
    }
  }
  return errors;
}

/** What a profile field says in the language of annotations. */
export function profileAnnotation(profile: Part): string {
  if (profile.type === "Localhost") return `${LOCALHOST}${profile.localhostProfile ?? ""}`;
  return profile.type === "RuntimeDefault" ? "runtime/default" : "unconfined";
}

function matchErrors(annotation: string, profile: Part, what: string, field: string): FieldError[] {
  const expected = profileAnnotation(profile);
  if (annotation === expected) return [];
  if (what === "seccomp" && profile.type === "RuntimeDefault" && annotation === "docker/default") {
    return [];
  }
  return profile.type === "Localhost" && annotation.startsWith(LOCALHOST)
    ? [
      forbiddenField(
        `${field}.localhostProfile`,
        `${what} profile in annotation and field must match`,
      ),
    ]
    : [forbiddenField(`${field}.type`, `${what} type in annotation and field must match`)];
}

/** Errors where an annotation and a field say different things of the same profile. */
export function validateProfilesMatch(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: Part,
  field: string,
): FieldError[] {
  if (isEmpty(annotations)) return [];
  const given = annotations as Readonly<Record<string, string>>;
  const errors: FieldError[] = [];
  const ofPod: Part | undefined = spec.securityContext?.seccompProfile;
  const check = (key: string, profile: Part | undefined, what: string, path: string) => {
    const annotation = given[key];
    if (annotation !== undefined && profile) {
      errors.push(...matchErrors(annotation, profile, what, path));
    }
  };
  check(SECCOMP_POD, ofPod, "seccomp", `${field}.securityContext.seccompProfile`);
  const containers = [...eachContainer(spec, field)];
  for (const [container, path] of containers) {
    const own = container.securityContext?.seccompProfile;
    check(
      `${SECCOMP_PREFIX}${container.name}`,
      own,
      "seccomp",
      `${path}.securityContext.seccompProfile`,
    );
  }
  if (spec.os?.name === "windows") return errors;
  for (const [container, path] of containers) {
    const profile = container.securityContext?.appArmorProfile ??
      spec.securityContext?.appArmorProfile;
    check(
      `${APP_ARMOR_PREFIX}${container.name}`,
      profile,
      "apparmor",
      `${path}.securityContext.appArmorProfile`,
    );
  }
  return errors;
}

/** Errors of changes to annotations that are fixed when the pod is made. */
export function validatePodAnnotationsUpdate(
  annotations: Readonly<Record<string, string>> | undefined,
  old: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const fixed = (key: string, verb: string) => {
    if (key.startsWith(APP_ARMOR_PREFIX)) {
      errors.push(forbiddenField(`${field}[${key}]`, `may not ${verb} AppArmor annotations`));
    }
    if (key === MIRROR) {
      errors.push(forbiddenField(`${field}[${key}]`, `may not ${verb} mirror pod annotation`));
    }
  };
  for (const [key, value] of sortedEntries(old)) {
    if (annotations?.[key] !== value) fixed(key, "remove or update");
  }
  for (const [key] of sortedEntries(annotations)) {
    if (old?.[key] === undefined) fixed(key, "add");
  }
  return errors;
}
