// Which of the names a definition asks for it gets: names are first come,
// first served within a group. Source: apiextensions-apiserver
// controller/status/naming_controller.go.

import { equal } from "../../runtime/object.ts";
import type {
  CustomResourceCondition,
  CustomResourceDefinition,
  CustomResourceNames,
} from "./custom_resource_definition.ts";

/** The names a definition may use now and whether they are all it asked for. */
export interface AcceptedNames {
  readonly names: CustomResourceNames;
  readonly condition: Omit<CustomResourceCondition, "lastTransitionTime">;
}

interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** What the definitions of a group have been granted. */
function takenNames(group: string, all: Iterable<CustomResourceDefinition>): Taken {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { spec, status } of all) {
    const names = status?.acceptedNames;
    if (spec.group !== group || names === undefined) continue;
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) {
      resources.add(name ?? "");
    }
    kinds.add(names.kind).add(names.listKind ?? "");
  }
  return { resources, kinds };
}

function conflictOf(
  requested: string | undefined,
  accepted: string | undefined,
  taken: ReadonlySet<string>,
): string | undefined {
  const name = requested ?? "";
  if (name === (accepted ?? "") || !taken.has(name)) return undefined;
  return `${JSON.stringify(name)} is already in use`;
}

/** Grants names. `all` are the definitions of the cluster, this one among them. */
export function acceptNames(
  definition: CustomResourceDefinition,
  all: Iterable<CustomResourceDefinition>,
): AcceptedNames {
  const requested = definition.spec.names;
  const accepted: Partial<CustomResourceNames> = definition.status?.acceptedNames ?? {};
  const { resources, kinds } = takenNames(definition.spec.group, all);
  const names: Record<string, unknown> = { ...accepted };
  let reason = "NoConflicts";
  let message = "no conflicts found";
  const grant = (field: "plural" | "singular" | "kind" | "listKind", why: string) => {
    const taken = field === "kind" || field === "listKind" ? kinds : resources;
    const conflict = conflictOf(requested[field], accepted[field], taken);
    if (conflict === undefined) names[field] = requested[field];
    else [reason, message] = [why, conflict];
  };
  grant("plural", "PluralConflict");
  grant("singular", "SingularConflict");
  if (!equal(requested.shortNames ?? [], accepted.shortNames ?? [])) {
    const conflicts = shortNameConflicts(requested, accepted, resources);
    if (conflicts === undefined) names["shortNames"] = requested.shortNames;
    else [reason, message] = ["ShortNamesConflict", conflicts];
  }
  grant("kind", "KindConflict");
  grant("listKind", "ListKindConflict");
  names["categories"] = requested.categories;
  return {
    names: withoutEmpty(names),
    condition: {
      type: "NamesAccepted",
      status: reason === "NoConflicts" ? "True" : "False",
      reason,
      message,
    },
  };
}

function shortNameConflicts(
  requested: CustomResourceNames,
  accepted: Partial<CustomResourceNames>,
  taken: ReadonlySet<string>,
): string | undefined {
  const had = new Set(accepted.shortNames);
  const conflicts = (requested.shortNames ?? [])
    .filter((name) => !had.has(name))
    .map((name) => conflictOf(name, "", taken))
    .filter((conflict) => conflict !== undefined);
  if (conflicts.length === 0) return undefined;
  // The text of an aggregate of errors.
  const unique = [...new Set(conflicts)];
  return unique.length === 1 ? unique[0] : `[${unique.join(", ")}]`;
}

/** The Go codec's view: `plural` and `kind` are always written, the rest only when set. */
function withoutEmpty(names: Record<string, unknown>): CustomResourceNames {
  const result: Record<string, unknown> = {
    plural: names["plural"] ?? "",
    ...(names["singular"] ? { singular: names["singular"] } : {}),
  };
  const shortNames = names["shortNames"] as readonly string[] | undefined;
  if (shortNames !== undefined && shortNames.length > 0) result["shortNames"] = shortNames;
  result["kind"] = names["kind"] ?? "";
  if (names["listKind"]) result["listKind"] = names["listKind"];
  const categories = names["categories"] as readonly string[] | undefined;
  if (categories !== undefined && categories.length > 0) result["categories"] = categories;
  return result as unknown as CustomResourceNames;
}
