// The AdmissionReview protocol: what webhooks are told, and what counts as
// an answer. Source: k8s.io/apiserver admission/plugin/webhook/request.

import { decodeBase64 } from "../../runtime/base64.ts";
import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import type { AdmissionAttributes } from "../admission/plugin.ts";
import { compactObject } from "./_compact.ts";
import type { HookSpec } from "./hooks.ts";
import type { Invocation } from "./match.ts";
import { answerTypeProblem } from "./review_types.ts";
import { nameOf, namespaceOf, type ReviewSubject, subjectOf } from "./review_subject.ts";
import type { VersionedObjects } from "./versioned_objects.ts";

const GROUP = "admission.k8s.io";
const KIND = "AdmissionReview";
const VERSIONS: readonly string[] = ["v1", "v1beta1"];

/** An answer that has been looked at. */
export interface AdmissionAnswer {
  readonly allowed: boolean;
  /** Text of a JSON patch. */
  readonly patch: string;
  readonly patchType: string;
  /** `status`: why not. */
  readonly result?: JsonObject;
  readonly warnings: readonly string[];
  /** For the audit event. */
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** The first version of reviews that the webhook and the server know. */
export function reviewVersion({ admissionReviewVersions = [] }: HookSpec): string | undefined {
  return admissionReviewVersions.find((version) => VERSIONS.includes(version));
}

/** The review that is sent. */
export function admissionReview(
  uid: string,
  version: string,
  { subject }: Invocation,
  attributes: AdmissionAttributes,
  objects: VersionedObjects,
): JsonObject {
  return {
    kind: KIND,
    apiVersion: `${GROUP}/${version}`,
    request: admissionRequest(uid, subject, attributes, objects),
  };
}

/** `request` of a review. */
export function admissionRequest(
  uid: string,
  subject: ReviewSubject,
  attributes: AdmissionAttributes,
  { object, old }: VersionedObjects,
): JsonObject {
  const asked = subjectOf(attributes);
  const { user } = attributes.context;
  return {
    ...compactObject({
      uid,
      kind: { ...subject.kind },
      resource: { ...subject.resource },
      subResource: subject.subresource,
      requestKind: { ...asked.kind },
      requestResource: { ...asked.resource },
      requestSubResource: asked.subresource,
      name: nameOf(attributes),
      namespace: namespaceOf(attributes),
      operation: attributes.operation,
    }),
    userInfo: compactObject({
      username: user.name,
      uid: user.uid ?? "",
      groups: [...user.groups],
      extra: user.extra === undefined ? undefined : { ...user.extra } as unknown as JsonObject,
    }),
    object: (object ?? null) as unknown as JsonValue,
    oldObject: (old ?? null) as unknown as JsonValue,
    dryRun: attributes.dryRun,
    options: attributes.options as unknown as JsonValue,
  };
}

/** What is wrong with an answer. */
export class InvalidAnswer extends Error {}

/** An answer checked. Throws {@linkcode InvalidAnswer}, or TypeError when it cannot be decoded. */
export function verifyAnswer(
  uid: string,
  version: string,
  mutating: boolean,
  review: JsonObject,
): AdmissionAnswer {
  const mistyped = answerTypeProblem(review.response);
  if (mistyped !== undefined) throw new TypeError(mistyped);
  const response = review.response as JsonObject | null | undefined;
  if (response === null || response === undefined) {
    throw new InvalidAnswer("webhook response was absent");
  }
  const patch = decodePatch(response.patch);
  let patchType = (response.patchType ?? "") as string;
  if (version === "v1") {
    checkIdentity(uid, review, response);
    checkPatch(mutating, patch, response.patchType as string | null | undefined);
  } else {
    patchType = patch === "" ? "" : "JSONPatch";
  }
  const result = response.status as JsonObject | null | undefined;
  return {
    allowed: response.allowed === true,
    patch: mutating ? patch : "",
    patchType: mutating ? patchType : "",
    ...(result === null || result === undefined ? {} : { result }),
    warnings: (response.warnings ?? []) as readonly string[],
    auditAnnotations: (response.auditAnnotations ?? {}) as Readonly<Record<string, string>>,
  };
}

function checkIdentity(uid: string, review: JsonObject, response: JsonObject): void {
  const got = (response.uid ?? "") as string;
  if (got !== uid) {
    throw new InvalidAnswer(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(got)}`,
    );
  }
  const { apiVersion = "", kind = "" } = review as { apiVersion?: string; kind?: string };
  if (apiVersion === `${GROUP}/v1` && kind === KIND) return;
  const slash = apiVersion.indexOf("/");
  const group = apiVersion.slice(0, Math.max(0, slash));
  throw new InvalidAnswer(
    `expected webhook response of ${GROUP}/v1, Kind=${KIND}, got ${group}/${
      apiVersion.slice(slash + 1)
    }, Kind=${kind}`,
  );
}

function checkPatch(mutating: boolean, patch: string, type: string | null | undefined): void {
  const typed = type !== undefined && type !== null;
  if (!mutating) {
    if (patch !== "") throw new InvalidAnswer("validating webhook may not return response.patch");
    if (typed) throw new InvalidAnswer("validating webhook may not return response.patchType");
    return;
  }
  if (patch !== "" && !typed) {
    throw new InvalidAnswer("webhook returned response.patch but not response.patchType");
  }
  if (patch === "" && typed) {
    throw new InvalidAnswer("webhook returned response.patchType but not response.patch");
  }
  if (type === "") throw new InvalidAnswer('webhook returned invalid response.patchType of ""');
}

function decodePatch(patch: JsonValue | undefined): string {
  return typeof patch === "string" ? new TextDecoder().decode(decodeBase64(patch)) : "";
}
