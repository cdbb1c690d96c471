// A reference to the service behind a webhook. Source: k8s.io/apiserver
// util/webhook/validation.go.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { isDNS1123Subdomain, isValidPortNum } from "../../runtime/names.ts";

/** A service, a port and a path. */
export interface WebhookService {
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
  readonly port?: number;
}

/** The errors of a service reference. */
export function webhookServiceErrors(service: WebhookService, field: string): FieldError[] {
  const { namespace, name, path, port } = service;
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${field}.name`));
  if (!namespace) errors.push(required(`${field}.namespace`));
  for (const message of isValidPortNum(port ?? 443)) {
    errors.push(invalid(`${field}.port`, port, `port is not valid: ${message}`));
  }
  if (path !== undefined) errors.push(...pathErrors(path, `${field}.path`));
  return errors;
}

function pathErrors(path: string, field: string): FieldError[] {
  const wrong = (detail: string) => invalid(field, path, detail);
  if (path === "/") return [];
  if (path === "") return [];
  if (path === "//") return [wrong("segment[0] may not be empty")];
  const segments = path.slice(1, path.endsWith("/") ? -1 : undefined)
    .split("/");
  const errors: FieldError[] = path.startsWith("/") ? [] : [wrong("must start with a '/'")];
  segments.forEach((segment, i) => {
    if (segment === "") return void errors.push(wrong(`segment[${i}] may not be empty`));
    for (const message of isDNS1123Subdomain(segment)) {
      errors.push(wrong(`segment[${i}]: ${message}`));
    }
  });
  return errors;
}
