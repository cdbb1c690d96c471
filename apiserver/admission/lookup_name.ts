// What the server's own typed client says of a name before it asks for the
// object. Source: client-go rest/request.go.

import { isPathSegmentName } from "../../runtime/names.ts";

/** Why no object can have that name, or `undefined` when one can. */
export function lookupProblem(name: string): string | undefined {
  if (name === "") return "resource name may not be empty";
  const messages = isPathSegmentName(name);
  return messages.length === 0
    ? undefined
    : `invalid resource name ${JSON.stringify(name)}: [${messages.join(" ")}]`;
}
