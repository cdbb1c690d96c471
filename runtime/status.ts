// The `Status` object and the errors that become one, as
// k8s.io/apimachinery/pkg/api/errors makes them. Every error that a client
// is to see is a StatusError; anything else that escapes a handler is a
// defect and is answered as InternalError.

import type { JsonObject } from "./object.ts";

/** An entry of `Status.details.causes`. */
export interface StatusCause {
  /** A machine-readable word. */
  reason?: string;
  /** A sentence for people. */
  message?: string;
  /** The path of the field. */
  field?: string;
}

/** `Status.details`. `kind` is the resource name for most errors and the kind for `Invalid`. */
export interface StatusDetails {
  /** The name of the object it is about. */
  name?: string;
  /** The group of the resource it is about. */
  group?: string;
  /** The resource or kind it is about. */
  kind?: string;
  /** The object's UID. */
  uid?: string;
  /** The single problems. */
  causes?: StatusCause[];
  /** After how many seconds to try again. */
  retryAfterSeconds?: number;
}

/** A `meta/v1` Status. */
export interface Status {
  /** The resource or kind it is about. */
  kind: "Status";
  /** `group/version`, or just the version for the core group. */
  apiVersion: "v1";
  /** What all objects have. */
  metadata: JsonObject;
  /** Whether it went well. */
  status: "Success" | "Failure";
  /** A sentence for people. */
  message?: string;
  /** A machine-readable word. */
  reason?: string;
  /** What it is about. */
  details?: StatusDetails;
  /** The HTTP status code. */
  code: number;
}

/** An error with the `Status` that the client gets. */
export class StatusError extends Error {
  /** What the client gets. */
  readonly status: Status;

  /** `reason` may be empty: such errors carry none on the wire. */
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: StatusDetails,
  ) {
    super(message);
    this.name = "StatusError";
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }

  /** The HTTP status code. */
  get code(): number {
    return this.status.code;
  }

  /** The machine-readable reason, `""` when there is none. */
  get reason(): string {
    return this.status.reason ?? "";
  }
}

/** Group and plural resource name, as most errors name what they are about. */
export interface GroupResource {
  /** The group of the resource it is about. */
  group: string;
  /** The plural resource name. */
  resource: string;
}

/** `pods`, or `deployments.apps`. */
export function qualifiedResource({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function details(
  { group, resource }: GroupResource,
  name: string,
): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(resource === "" ? {} : { kind: resource }),
  };
}

/** 404: the named object does not exist. */
export function notFound(gr: GroupResource, name: string): StatusError {
  return new StatusError(
    404,
    "NotFound",
    `${qualifiedResource(gr)} "${name}" not found`,
    details(gr, name),
  );
}

/** 409: an object of that name exists. */
export function alreadyExists(gr: GroupResource, name: string): StatusError {
  return new StatusError(
    409,
    "AlreadyExists",
    `${qualifiedResource(gr)} "${name}" already exists`,
    details(gr, name),
  );
}

/** 409: the object was changed in between, or a precondition does not hold. */
export function conflict(
  gr: GroupResource,
  name: string,
  why: string,
): StatusError {
  return new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedResource(gr)} "${name}": ${why}`,
    details(gr, name),
  );
}

/** 403: not allowed, by authorization or admission. */
export function forbidden(
  gr: GroupResource,
  name: string,
  why: string,
): StatusError {
  const message = gr.resource === ""
    ? `forbidden: ${why}`
    : name === ""
    ? `${qualifiedResource(gr)} is forbidden: ${why}`
    : `${qualifiedResource(gr)} "${name}" is forbidden: ${why}`;
  return new StatusError(403, "Forbidden", message, details(gr, name));
}

/** 400: the request cannot be understood. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 401: no valid credentials. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return new StatusError(401, "Unauthorized", message);
}

/** 405: the resource does not know that verb. */
export function methodNotSupported(
  gr: GroupResource,
  verb: string,
): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind "${qualifiedResource(gr)}"`,
    details(gr, ""),
  );
}

/** 410: the resource version asked for is no longer known. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 500: something went wrong inside. */
export function internalError(message: string): StatusError {
  return new StatusError(
    500,
    "InternalError",
    `Internal error occurred: ${message}`,
    { causes: [{ message }] },
  );
}

/** 429: too busy; try again after `seconds`. */
export function tooManyRequests(message: string, seconds: number): StatusError {
  return new StatusError(429, "TooManyRequests", message, {
    retryAfterSeconds: seconds,
  });
}
