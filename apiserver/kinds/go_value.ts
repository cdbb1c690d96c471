// How Go prints whole structs in field errors: as JSON of the server's
// internal types, which have no JSON names, so the members carry their Go
// names, in declaration order, and zero values are written out.
// Source: field.Error.ErrorBody and the types of pkg/apis/*/types.go.

import { GoStruct } from "../../runtime/go_text.ts";
import { givenEmpty } from "../../runtime/schema/empties.ts";

/** The shape of an internal Go value: a scalar's zero value, `null` for a pointer, slice or map, or a struct. */
export type GoShape =
  | { readonly kind: "scalar"; readonly zero: string | number | boolean }
  /** A pointer, slice or map of plain values: written as it is, `null` when absent. */
  | { readonly kind: "nullable"; readonly of?: () => GoShape }
  | { readonly kind: "list"; readonly of: () => GoShape }
  | { readonly kind: "map"; readonly of: () => GoShape }
  /** metav1.LabelSelector, which keeps its JSON names. */
  | { readonly kind: "labelSelector" }
  /** Go name, JSON name and shape of each member. An empty JSON name embeds the members of the same object. */
  | { readonly kind: "struct"; readonly members: readonly (readonly [string, string, GoShape])[] };

/** A string. */
export const goString: GoShape = { kind: "scalar", zero: "" };
/** Any integer. */
export const goInt: GoShape = { kind: "scalar", zero: 0 };
/** A boolean. */
export const goBool: GoShape = { kind: "scalar", zero: false };
/** A pointer to, or slice or map of, something that prints as in JSON. */
export const goNullable: GoShape = { kind: "nullable" };

/** A pointer to a label selector. */
export const goLabelSelector: GoShape = { kind: "labelSelector" };

/** A struct; a member's JSON name is its Go name with a small first letter unless it is given. */
export function goStruct(
  ...members: readonly (readonly [string, GoShape] | readonly [string, string, GoShape])[]
): GoShape {
  return {
    kind: "struct",
    members: members.map((member) =>
      member.length === 3
        ? member
        : [member[0], member[0][0]!.toLowerCase() + member[0].slice(1), member[1]]
    ),
  };
}

/** A pointer to a shape. */
export function goPointer(of: () => GoShape): GoShape {
  return { kind: "nullable", of };
}

/** A slice of a shape. */
export function goList(of: () => GoShape): GoShape {
  return { kind: "list", of };
}

/** A map to a shape. */
export function goMap(of: () => GoShape): GoShape {
  return { kind: "map", of };
}

/** The value with Go's member names and zero values, ready to be printed. */
export function goValue(value: unknown, shape: GoShape): unknown {
  switch (shape.kind) {
    case "scalar":
      return value ?? shape.zero;
    case "nullable":
      return value === undefined || value === null
        ? null
        : shape.of === undefined
        ? value
        : goValue(value, shape.of());
    case "labelSelector":
      return labelSelector(value);
    case "list":
      return Array.isArray(value) ? value.map((item) => goValue(item, shape.of())) : null;
    case "map": {
      if (value === undefined || value === null) return null;
      const members = value as Record<string, unknown>;
      return Object.fromEntries(
        Object.keys(members).sort().map((key) => [key, goValue(members[key], shape.of())]),
      );
    }
    case "struct": {
      const object = (value ?? {}) as Record<string, unknown>;
      const struct = new GoStruct();
      for (const [goName, jsonName, member] of shape.members) {
        struct[goName] = goValue(
          jsonName === "" ? object : object[jsonName] ?? givenEmpty(object, jsonName),
          member,
        );
      }
      return struct;
    }
  }
}

/** Its members stand in the order of the type, and empty ones are left out. */
function labelSelector(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  const { matchLabels, matchExpressions } = value as Record<string, Record<string, unknown>>;
  const struct = new GoStruct();
  if (matchLabels !== undefined && Object.keys(matchLabels).length > 0) {
    struct.matchLabels = matchLabels;
  }
  if (Array.isArray(matchExpressions) && matchExpressions.length > 0) {
    struct.matchExpressions = matchExpressions;
  }
  return struct;
}
