// Certificate signing requests and how they are approved and answered.
// Who may approve and sign is admission's business. Source:
// pkg/apis/certificates/validation and pkg/registry/certificates.

import { Buffer } from "node:buffer";
import { rfc3339 } from "../../runtime/clock.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength, isDNS1123Label, isDNS1123Subdomain } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { StrategyContext } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { certificateChainProblem } from "./certificate_chain.ts";
import { CertificateRequestError, parseCertificateRequest } from "./certificate_request.ts";
import { text } from "./field_messages.ts";
import { age, humanDuration } from "./human_duration.ts";
import { items, type Part, restore, semanticEqual, strings } from "./part.ts";
import { structDiff } from "./struct_diff.ts";

const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];
const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";
const DOMAIN_BYTES_MAX = 253;
const SIGNER_BYTES_MAX = DOMAIN_BYTES_MAX + 253 + 63 + 1 + 1;
const EXPIRATION_SECONDS_MIN = 600;
const FINAL_CONDITIONS = ["Approved", "Denied", "Failed"];

/** The PEM text of a request's certificate request. */
export function requestPem(object: KubeObject): string {
  return Buffer.from(text(object.spec?.request), "base64").toString("utf8");
}

/** What is wrong with the first part between dots that is not right. */
function firstLabelErrors(
  field: string,
  name: string,
  check: (label: string) => string[],
): FieldError[] {
  for (const label of name.split(".")) {
    const messages = check(label);
    if (messages.length === 0) continue;
    return messages.map((message) =>
      invalid(field, name, `validating label ${JSON.stringify(label)}: ${message}`)
    );
  }
  return [];
}

/** Errors of a signer's name, such as `example.com/signer`. */
export function validateSignerName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const segments = name.split("/");
  const [domain = "", path = ""] = segments;
  if (segments.length !== 2) {
    return [
      invalid(
        field,
        name,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    ];
  }
  const errors: FieldError[] = [];
  if (byteLength(domain) > DOMAIN_BYTES_MAX) errors.push(tooLong(field, DOMAIN_BYTES_MAX));
  const labels = domain.split(".");
  errors.push(...firstLabelErrors(field, domain, isDNS1123Label));
  if (labels.length < 2) {
    errors.push(
      invalid(field, domain, "should be a domain with at least two segments separated by dots"),
    );
  }
  errors.push(...firstLabelErrors(field, path, isDNS1123Subdomain));
  if (byteLength(name) > SIGNER_BYTES_MAX) errors.push(tooLong(field, SIGNER_BYTES_MAX));
  return errors;
}

function requestErrors(object: KubeObject): FieldError[] {
  try {
    parseCertificateRequest(requestPem(object));
    return [];
  } catch (error) {
    if (!(error instanceof CertificateRequestError)) throw error;
    return [invalid("spec.request", object.spec?.request ?? null, error.message)];
  }
}

function validate(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const errors = requestErrors(object);
  const usages = strings(spec.usages);
  if (usages.length === 0) errors.push(required("spec.usages"));
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
  });
  usages.forEach((usage, i) => {
    if (usages.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  });
  const signer = text(spec.signerName);
  if (signer === LEGACY_SIGNER) {
    errors.push(
      invalid(
        "spec.signerName",
        signer,
        "the legacy signerName is not allowed via this API version",
      ),
    );
  } else errors.push(...validateSignerName(signer, "spec.signerName"));
  const seconds = spec.expirationSeconds;
  if (typeof seconds === "number" && seconds < EXPIRATION_SECONDS_MIN) {
    errors.push(
      invalid(
        "spec.expirationSeconds",
        seconds,
        "may not specify a duration less than 600 seconds (10 minutes)",
      ),
    );
  }
  return [...errors, ...validateConditions(conditionsOf(object))];
}

function conditionsOf(object: KubeObject): Part[] {
  return items(object.status?.conditions);
}

function validateConditions(conditions: Part[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions.forEach((condition, i) => {
    const field = `status.conditions[${i}]`;
    const type = text(condition.type);
    const status = text(condition.status);
    if (type === "") errors.push(required(`${field}.type`));
    const allowed = FINAL_CONDITIONS.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (status === "") errors.push(required(`${field}.status`));
    else if (!allowed.includes(status)) {
      errors.push(notSupported(`${field}.status`, status, allowed));
    }
    const other = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    if (other !== undefined && seen.has(other)) {
      errors.push(
        invalid(
          "status.conditions",
          type,
          "Approved and Denied conditions are mutually exclusive",
        ),
      );
    }
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
  });
  return errors;
}

/** What one endpoint may change of the status. */
interface Permissions {
  readonly certificate: boolean;
  readonly approval: boolean;
}

function ofType(object: KubeObject, type: string): Part[] {
  return conditionsOf(object).filter((condition) => condition.type === type);
}

/** Only the approval endpoint decides. */
function approvalErrors(object: KubeObject, old: KubeObject): FieldError[] {
  return ["Approved", "Denied"].flatMap((type) => {
    const before = ofType(old, type);
    const now = ofType(object, type);
    if (now.length < before.length || semanticEqual(before, now)) return [];
    const change = now.length > before.length
      ? `updates may not add a condition of type "${type}"`
      : `updates may not modify a condition of type "${type}"\n${
        structDiff(before.map(goCondition), now.map(goCondition))
      }`;
    return [forbiddenField("status.conditions", change)];
  });
}

/** A condition as Go prints the internal type. */
function goCondition(condition: Part): Part {
  return {
    Type: text(condition.type),
    Status: text(condition.status),
    Reason: text(condition.reason),
    Message: text(condition.message),
    LastUpdateTime: condition.lastUpdateTime ?? null,
    LastTransitionTime: condition.lastTransitionTime ?? null,
  };
}

function certificateErrors(object: KubeObject, old: KubeObject): FieldError[] {
  const certificate = text(object.status?.certificate);
  const before = text(old.status?.certificate);
  if (certificate === before || problemOf(before) !== undefined) return [];
  const problem = problemOf(certificate);
  return problem === undefined
    ? []
    : [invalid("status.certificate", "<certificate data>", problem)];
}

function problemOf(certificate: string): string | undefined {
  return certificateChainProblem(Buffer.from(certificate, "base64").toString("utf8"));
}

function validateUpdate(
  object: KubeObject,
  old: KubeObject,
  may: Permissions,
): FieldError[] {
  const errors = [...validate(object), ...certificateErrors(object, old)];
  const field = "status.conditions";
  for (const type of FINAL_CONDITIONS) {
    if (ofType(object, type).length < ofType(old, type).length) {
      errors.push(forbiddenField(field, `updates may not remove a condition of type "${type}"`));
    }
  }
  if (!may.approval) errors.push(...approvalErrors(object, old));
  const certificate = text(object.status?.certificate);
  const before = text(old.status?.certificate);
  if (certificate !== before) {
    if (!may.certificate) {
      errors.push(forbiddenField("status.certificate", "updates may not set certificate content"));
    } else if (before !== "") {
      errors.push(
        forbiddenField("status.certificate", "updates may not modify existing certificate content"),
      );
    }
  }
  return errors;
}

function stampConditions(object: KubeObject, old: KubeObject, context: StrategyContext): void {
  const now = rfc3339(context.clock.now());
  for (const condition of conditionsOf(object)) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime) continue;
    const before = conditionsOf(old).find((other) =>
      other.type === condition.type && other.status === condition.status &&
      other.lastTransitionTime
    );
    condition.lastTransitionTime = before?.lastTransitionTime ?? now;
  }
}

/** Puts back the conditions of one type, unless the update adds or removes some: that is for validation to refuse. */
function keepConditions(conditions: Part[], old: Part[], type: string): Part[] | undefined {
  const before = old.filter((condition) => condition.type === type);
  let next = 0;
  const kept = conditions.map((condition) => condition.type === type ? before[next++] : condition);
  return next === before.length ? kept as Part[] : undefined;
}

function prepareStatusUpdate(object: KubeObject, old: KubeObject, context: StrategyContext): void {
  restore(object, old, "spec");
  const approved = keepConditions(conditionsOf(object), conditionsOf(old), "Approved");
  const denied = approved && keepConditions(approved, conditionsOf(old), "Denied");
  if (denied !== undefined && object.status?.conditions) object.status.conditions = denied;
  stampConditions(object, old, context);
}

function formatStatus(object: KubeObject): string {
  const types = conditionsOf(object).map(({ type }) => type);
  const decided = types.includes("Denied")
    ? "Denied"
    : types.includes("Approved")
    ? "Approved"
    : "Pending";
  return decided + (types.includes("Failed") ? ",Failed" : "") +
    (text(object.status?.certificate) === "" ? "" : ",Issued");
}

/** certificates.k8s.io certificatesigningrequests. */
export const certificateSigningRequests: KindBehaviour = {
  strategy: {
    validateName: () => [],
    prepareForCreate(object, { user }) {
      const spec: Part = object.spec ??= {};
      for (const member of ["username", "uid", "groups", "extra"]) delete spec[member];
      if (user.name !== "") spec.username = user.name;
      if (user.uid) spec.uid = user.uid;
      if (user.groups.length > 0) spec.groups = [...user.groups];
      const extra = Object.entries(user.extra ?? {});
      if (extra.length > 0) {
        spec.extra = Object.fromEntries(extra.map(([key, values]) => [key, [...values]]));
      }
      object.status = {};
    },
    prepareForUpdate(object, old) {
      restore(object, old, "spec");
      restore(object, old, "status");
    },
    validate,
    validateUpdate: (object, old) =>
      validateUpdate(object, old, { certificate: false, approval: false }),
    resetFields: { "f:spec": {}, "f:status": {} },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  subresources: {
    status: {
      prepareForUpdate: prepareStatusUpdate,
      validateUpdate: (object, old) =>
        validateUpdate(object, old, { certificate: true, approval: false }),
      resetFields: { "f:spec": {}, "f:status": { "f:conditions": {} } },
      allowUnconditionalUpdate: true,
    },
    approval: {
      prepareForUpdate(object, old, context) {
        restore(object, old, "spec");
        stampConditions(object, old, context);
        const conditions = conditionsOf(object);
        object.status = { ...old.status };
        if (conditions.length > 0) object.status.conditions = conditions;
        else delete object.status.conditions;
      },
      validateUpdate: (object, old) =>
        validateUpdate(object, old, { certificate: false, approval: true }),
      resetFields: { "f:spec": {}, "f:status": { "f:certificate": {} } },
      allowUnconditionalUpdate: true,
    },
  },
  selectableFields: (object) => ({ "spec.signerName": text(object.spec?.signerName) }),
  cells(object, now_ms) {
    const spec: Part = object.spec ?? {};
    return [
      object.metadata.name ?? "",
      age(object.metadata.creationTimestamp, now_ms),
      text(spec.signerName) || "<none>",
      text(spec.username),
      typeof spec.expirationSeconds === "number"
        ? humanDuration(spec.expirationSeconds * 1000)
        : "<none>",
      formatStatus(object),
    ];
  },
};
