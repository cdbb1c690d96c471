// What an audit log hears of a request once it has been answered: who did
// what to which object, what came of it, and what admission noted. The level
// is Metadata: no bodies. Source: k8s.io/apiserver pkg/apis/audit/v1.

import { rfc3339Micro } from "../../runtime/clock.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { RequestInfo } from "./request_info.ts";
import type { HttpRequest } from "./types.ts";

/** What an event is about. Absent members do not apply. */
export interface AuditObject {
  /** Plural. */
  readonly resource: string;
  /** Of the object. */
  readonly namespace?: string;
  /** Of the object. */
  readonly name?: string;
  /** `""`, and then absent, for the core group. */
  readonly apiGroup?: string;
  /** Of the request. */
  readonly apiVersion: string;
  /** Such as `status`. */
  readonly subresource?: string;
}

/** An `Event` of `audit.k8s.io/v1`. */
export interface AuditEvent {
  /** Always the same. */
  readonly kind: "Event";
  /** Always the same. */
  readonly apiVersion: "audit.k8s.io/v1";
  /** No bodies. */
  readonly level: "Metadata";
  /** Also in the response's `Audit-ID` header. */
  readonly auditID: string;
  /** The request has been answered. */
  readonly stage: "ResponseComplete";
  /** Path and query. */
  readonly requestURI: string;
  /** `get`, `list`, `create`…; the method in lower case where no resource is asked for. */
  readonly verb: string;
  /** Who asked; absent when that could not be told. */
  readonly user?: { readonly username: string; readonly groups: readonly string[] };
  /** What the client calls itself. */
  readonly userAgent?: string;
  /** What it is about; absent where no resource is asked for. */
  readonly objectRef?: AuditObject;
  /** What came of it. */
  readonly responseStatus: { readonly code: number };
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string;
  /** As requestReceivedTimestamp, of the answer. */
  readonly stageTimestamp: string;
  /** What admission plugins, policies and webhooks noted. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What an event is made of. */
export interface AuditFacts {
  readonly request: HttpRequest;
  readonly info: RequestInfo;
  readonly user: UserInfo | undefined;
  readonly id: string;
  readonly status: number;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly annotations: ReadonlyMap<string, string>;
}

/** The event of an answered request. */
export function auditEvent(facts: AuditFacts): AuditEvent {
  const { request, info, user, id, status, start_ms, end_ms, annotations } = facts;
  const userAgent = request.headers["user-agent"];
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: id,
    stage: "ResponseComplete",
    requestURI: request.target,
    verb: info.verb,
    ...(user === undefined ? {} : { user: { username: user.name, groups: user.groups } }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(info.resourceRequest ? { objectRef: objectOf(info) } : {}),
    responseStatus: { code: status },
    requestReceivedTimestamp: rfc3339Micro(start_ms),
    stageTimestamp: rfc3339Micro(end_ms),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
}

function objectOf(info: RequestInfo): AuditObject {
  const { resource, namespace, name, group, version, subresource } = info;
  return {
    resource,
    ...(namespace === "" ? {} : { namespace }),
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { apiGroup: group }),
    apiVersion: version,
    ...(subresource === "" ? {} : { subresource }),
  };
}
