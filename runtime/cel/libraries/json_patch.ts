// jsonpatch.escapeKey. Source: Kubernetes' jsonpatch library.

import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";

/** Kubernetes' jsonpatch library. */
export const JSON_PATCH: Library = {
  functions: [
    declare(
      "jsonpatch.escapeKey",
      [["string_jsonpatch_escapeKey_string", "(string) -> string"]],
      (text) => (text as string).replace(/[~/]/g, (char) => char === "/" ? "~1" : "~0"),
    ),
  ],
};
