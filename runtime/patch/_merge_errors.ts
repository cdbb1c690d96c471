// The errors of a strategic merge, with upstream's texts and codes
// (util/mergepatch errors, interpretStrategicMergePatchError). What upstream
// does not expect reaches the client as a bare 500.

import type { JsonObject, JsonValue } from "../object.ts";
import { badRequest, StatusError } from "../status.ts";
import { goType, printGoValue } from "./go_value.ts";

/** A bare 500 with that message. */
export function unexpected(message: string): StatusError {
  return new StatusError(500, "", message);
}

/** A list item lacks the key that its list is merged by. */
export function noMergeKey(item: JsonObject, mergeKey: string): StatusError {
  return unexpected(
    `map: ${printGoValue(item)} does not contain declared merge key: ${mergeKey}`,
  );
}

/** A value is not of the Go type that was expected. */
export function badArgument(
  expected: string,
  actual: JsonValue | undefined,
): StatusError {
  return unexpected(`expected a ${expected}, but received a ${goType(actual)}`);
}

/** `$patch` holds none of its known values. */
export function badPatchType(
  directive: JsonValue,
  patch: JsonObject,
): StatusError {
  const printed = typeof directive === "string"
    ? directive
    : directive === null
    ? "%!s(<nil>)"
    : typeof directive === "object"
    ? printGoValue(directive)
    : `%!s(${goType(directive)}=${printGoValue(directive)})`;
  return unexpected(
    `unknown patch type: ${printed} in map: ${printGoValue(patch)}`,
  );
}

/** `$deleteFromPrimitiveList` is not followed by a field name. */
export function badPrimitiveListFormat(): StatusError {
  return badRequest("invalid patch format of primitive list");
}

/** `$setElementOrder` is not followed by a field name, or goes with no list. */
export function badOrderFormat(): StatusError {
  return badRequest("invalid patch format of setElementOrder list");
}

/** `$retainKeys` is no list, or the patch sets what it does not name. */
export function badRetainKeysFormat(): StatusError {
  return badRequest("invalid patch format of retainKeys");
}

/** Lists of lists cannot be merged; the text stays inside. */
export function listOfLists(): StatusError {
  return new StatusError(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
    {},
  );
}
