// How Go's encoding/json names JSON values in its errors.

/** `object`, `array`, `string`, `number`, `bool` or `null`. */
export function goJsonType(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "string";
    default:
      return "object";
  }
}
