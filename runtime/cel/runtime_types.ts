// Whether a value is of a type, as far as that shows at run time.

import type { Type } from "./types.ts";
import {
  CelList,
  CelMap,
  Double,
  Duration,
  isInt,
  Opaque,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from "./values.ts";
import { Type as TypeValue } from "./types.ts";

/** Whether a value may be passed for a parameter of a type. */
export function matchesType(value: Value, type: Type): boolean {
  switch (type.kind) {
    case "dyn":
    case "any":
    case "param":
    case "error":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return isInt(value);
    case "uint":
      return value instanceof Uint;
    case "double":
      return value instanceof Double;
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "timestamp":
      return value instanceof Timestamp;
    case "duration":
      return value instanceof Duration;
    case "list":
      return value instanceof CelList && matchesItems(value, type.params[0]!);
    case "map":
      return value instanceof CelMap;
    case "type":
      return value instanceof TypeValue;
    case "wrapper":
      return value === null || matchesType(value, type.params[0]!);
    case "struct":
      return value instanceof Opaque ? value.celType.name === type.name : value instanceof CelMap;
    case "opaque":
      if (type.name === "optional_type") return value instanceof Optional;
      return value instanceof Opaque && value.celType.name === type.name;
  }
}

/** Whether the first item is of the type; an empty list is a list of anything. */
function matchesItems(list: CelList, type: Type): boolean {
  return list.size === 0 || matchesType(list.at(0), type);
}
