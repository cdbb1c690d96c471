// The Status that answers a request which is done and has nothing to show.

import type { KubeObject } from "../../runtime/object.ts";

/** `{"kind":"Status","status":"Success"}`. */
export function successStatus(code: number): KubeObject {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code };
}
