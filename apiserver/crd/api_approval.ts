// Groups below k8s.io and kubernetes.io belong to the community: their
// definitions must say where they were approved. Source:
// apiextensions-apiserver apihelpers and controller/apiapproval.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import type {
  CustomResourceCondition,
  CustomResourceDefinition,
} from "./custom_resource_definition.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const FIELD = `metadata.annotations[${ANNOTATION}]`;

interface Approval {
  readonly state: "Invalid" | "Approved" | "Bypassed" | "Missing";
  readonly reason: string;
}

function isProtected(group: string): boolean {
  return ["k8s.io", "kubernetes.io"].some((suffix) =>
    group === suffix || group.endsWith(`.${suffix}`)
  );
}

function hasHost(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#\s]+/.test(text);
}

function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[ANNOTATION] ?? "";
  const see = "see https://github.com/kubernetes/enhancements/pull/1111";
  if (text === "") {
    return {
      state: "Missing",
      reason: `protected groups must have approval annotation "${ANNOTATION}", ${see}`,
    };
  }
  if (text.startsWith("unapproved")) {
    return { state: "Bypassed", reason: `not approved: ${JSON.stringify(text)}` };
  }
  if (hasHost(text)) return { state: "Approved", reason: `approved in ${text}` };
  return {
    state: "Invalid",
    reason:
      `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", ${see}`,
  };
}

/** The errors of the annotation; an unchanged state is let be. */
export function approvalErrors(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): FieldError[] {
  if (!isProtected(definition.spec.group)) return [];
  const { state, reason } = approvalOf(definition);
  if (old !== undefined && approvalOf(old).state === state) return [];
  if (state === "Missing") return [required(FIELD, reason)];
  if (state !== "Invalid") return [];
  return [invalid(FIELD, definition.metadata.annotations?.[ANNOTATION] ?? "", reason)];
}

/** The condition of definitions in protected groups; `undefined` for others. */
export function approvalCondition(
  definition: CustomResourceDefinition,
): Omit<CustomResourceCondition, "lastTransitionTime"> | undefined {
  if (!isProtected(definition.spec.group)) return undefined;
  const { state, reason: message } = approvalOf(definition);
  const reason = state === "Bypassed" ? "UnapprovedAnnotation" : `${state}Annotation`;
  return {
    type: "KubernetesAPIApprovalPolicyConformant",
    status: state === "Approved" ? "True" : "False",
    reason,
    message,
  };
}
