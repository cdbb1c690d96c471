// The answer to a body that is larger than a server takes. Source:
// k8s.io/apiserver/pkg/endpoints/handlers/rest.go (limitedReadBody).

import { StatusError } from "../../runtime/status.ts";

/** 413, as the real server says it. */
export function bodyTooLarge(limit: number): StatusError {
  return new StatusError(
    413,
    "RequestEntityTooLarge",
    `Request entity too large: limit is ${limit}`,
  );
}
