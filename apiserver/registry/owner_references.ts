// Owner references: their checks, and the removal of entries that say the
// same twice. Source: k8s.io/apimachinery api/validation/objectmeta.go and
// k8s.io/apiserver endpoints/handlers/rest.go.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import { GoStruct } from "../../runtime/go_text.ts";
import {
  equal,
  type KubeObject,
  type OwnerReference,
  parseApiVersion,
} from "../../runtime/object.ts";
import type { RequestContext } from "../request.ts";

const FIELD = "metadata.ownerReferences";

/** What is wrong with them. */
export function ownerReferenceErrors(
  references: readonly OwnerReference[] | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  let first: string | undefined;
  for (const reference of references ?? []) {
    errors.push(...referenceErrors(reference));
    if (reference.controller !== true) continue;
    const name = `${reference.kind}/${reference.name}`;
    if (first === undefined) first = name;
    else {
      errors.push(invalid(
        FIELD,
        references!.map(inGoOrder),
        `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${name}`,
      ));
    }
  }
  return errors;
}

function referenceErrors(reference: OwnerReference): FieldError[] {
  const errors: FieldError[] = [];
  const { group, version } = groupVersion(reference.apiVersion ?? "");
  if (version === "") {
    const detail = "version must not be empty";
    errors.push(invalid(`${FIELD}.apiVersion`, reference.apiVersion ?? "", detail));
  }
  for (const member of ["kind", "name", "uid"] as const) {
    if (!reference[member]) errors.push(invalid(`${FIELD}.${member}`, "", "must not be empty"));
  }
  // An event may not own anything: events are too many and too short-lived.
  if (group === "" && version === "v1" && reference.kind === "Event") {
    errors.push(
      invalid(FIELD, inGoOrder(reference), "/v1, Kind=Event is disallowed from being an owner"),
    );
  }
  return errors;
}

/** More than one slash is no group and version at all. */
function groupVersion(apiVersion: string): { group: string; version: string } {
  return apiVersion.indexOf("/") === apiVersion.lastIndexOf("/")
    ? parseApiVersion(apiVersion)
    : { group: "", version: "" };
}

/** As Go prints the struct. */
function inGoOrder(reference: OwnerReference): GoStruct {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = reference;
  return Object.assign(new GoStruct(), {
    apiVersion,
    kind,
    name,
    uid,
    controller,
    blockOwnerDeletion,
  });
}

/** Drops references that repeat another and warns the client. */
export function dropDuplicateOwners(
  object: KubeObject,
  context: RequestContext,
  afterAdmission: boolean,
): void {
  const references = object.metadata.ownerReferences;
  if (references === undefined || references.length < 2) return;
  const kept: OwnerReference[] = [];
  const uids = new Set<string>();
  for (const reference of references) {
    if (kept.some((other) => equal(other, reference))) uids.add(reference.uid);
    else kept.push(reference);
  }
  if (uids.size === 0) return;
  object.metadata.ownerReferences = kept;
  context.warn(
    `.metadata.ownerReferences contains duplicate entries${
      afterAdmission ? " after mutating admission happens" : ""
    }; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${
      [...uids].join(", ")
    }`,
  );
}
