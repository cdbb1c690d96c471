// base64 and bindings: extensions of cel-go that Kubernetes does not use.

import { decodeBase64, encodeBase64 } from "../../base64.ts";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { BINDING_MACROS } from "../macros.ts";
import { fail } from "../values.ts";

function decode(text: string): Uint8Array {
  try {
    return decodeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** `base64.encode` and `base64.decode`. */
export const ENCODERS: Library = {
  functions: [
    declare(
      "base64.decode",
      [["base64_decode_string", "(string) -> bytes"]],
      (text) => decode(text as string),
    ),
    declare(
      "base64.encode",
      [["base64_encode_bytes", "(bytes) -> string"]],
      (bytes) => encodeBase64(bytes as Uint8Array),
    ),
  ],
};

/** `cel.bind`. */
export const BINDINGS: Library = { macros: BINDING_MACROS };
