// Which parts of an object before an update belong to which parts after it,
// and whether they changed: values that did not are not validated again.
// Source: k8s.io/apiserver/pkg/cel/common, CorrelatedObject.

import { equal, isObject, type JsonObject, type JsonValue } from "../object.ts";
import { childOf } from "./_check.ts";
import { itemFinder } from "./_list_items.ts";

/** The old value that belongs to a new one, and the schema that says which children belong together. */
export interface Correlated {
  readonly old: JsonValue;
  readonly schema: JsonObject;
}

/** The old member of the same name, if both the old object and the schema have it. */
export function memberOf(parent: Correlated | undefined, name: string): Correlated | undefined {
  if (parent === undefined || !isObject(parent.old)) return undefined;
  if (!Object.hasOwn(parent.old, name)) return undefined;
  const properties = childOf(parent.schema, "properties");
  const schema = (properties === undefined ? undefined : childOf(properties, name)) ??
    childOf(parent.schema, "additionalProperties");
  return schema === undefined ? undefined : { old: parent.old[name] as JsonValue, schema };
}

/** Finds the old item with the same keys. Only lists of type map have such. */
export function itemMatcher(
  { old, schema }: Correlated,
): ((item: JsonValue) => Correlated | undefined) | undefined {
  const items = childOf(schema, "items");
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(old) || items === undefined) {
    return undefined;
  }
  const declared = schema["x-kubernetes-list-map-keys"];
  const names = Array.isArray(declared) ? declared.filter((name) => typeof name === "string") : [];
  const find = itemFinder(old, names);
  return (item) => {
    const found = find(item);
    return found === undefined ? undefined : { old: found, schema: items };
  };
}

/** Whether the value is what it was. Members that the schema does not know make objects differ. */
export function unchanged(value: JsonValue, before: Correlated): boolean {
  const { old } = before;
  if (Array.isArray(value) && Array.isArray(old)) {
    const match = itemMatcher(before);
    if (match === undefined) return equal(value, old);
    return value.length === old.length && value.every((item) => {
      const found = match(item);
      return found !== undefined && unchanged(item, found);
    });
  }
  if (!isObject(value) || !isObject(old)) return equal(value, old);
  const names = Object.keys(value);
  return names.length === Object.keys(old).length && names.every((name) => {
    const member = memberOf(before, name);
    return member !== undefined && unchanged(value[name] as JsonValue, member);
  });
}
