// From parsed JSON to an object of its kind: what Go's structs do to
// built-in kinds, what structural schemas do to custom ones.

import type { NumberLiterals } from "../../runtime/json.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { DecodeError } from "../../runtime/schema/decode.ts";
import type { StatusError } from "../../runtime/status.ts";
import { decodeObject } from "../registry/decode_object.ts";
import type { Target } from "../request.ts";

/** An object that fits its kind. */
export interface DecodedFields {
  readonly object: KubeObject;
  /** What a strict decoder holds against it: `unknown field "spec.x"`. */
  readonly strict: readonly string[];
}

/** Fits an object to the kind that the target takes. `refuse` words what is wrong, `literals` tells how numbers were written. */
export function decodeFields(
  object: JsonObject,
  target: Target,
  refuse: (why: string) => StatusError,
  literals?: NumberLiterals,
): DecodedFields {
  const { definition, subresource } = target;
  try {
    const { object: decoded, unknown } = decodeObject(
      definition,
      object,
      subresource?.schema,
      literals,
    );
    return {
      object: decoded,
      strict: unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    };
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}
