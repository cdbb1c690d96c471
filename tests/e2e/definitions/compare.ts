// Compares the answers of two servers, member by member; the order of members
// does not count. Prints what differs. A program for the suite.
// Usage: compare.ts REFERENCE_FILE OTHER_FILE

import type { JsonValue } from "../../../runtime/object.ts";

const [reference = {}, other = {}] = Deno.args.map((file) =>
  JSON.parse(Deno.readTextFileSync(file)) as Record<string, JsonValue>
);
const LENGTH_MAX = 300;
let differing = 0;

function report(path: string, a: JsonValue | undefined, b: JsonValue | undefined): void {
  const text = (value: JsonValue | undefined) => JSON.stringify(value)?.slice(0, LENGTH_MAX);
  // deno-lint-ignore no-console -- a program's output
  console.log(`${path}: ${text(a)} should be, but is ${text(b)}`);
}

function compare(path: string, a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  const isTree = (value: JsonValue | undefined): value is JsonValue[] =>
    value !== null && typeof value === "object";
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) {
    if (a === b || (a ?? null) === (b ?? null)) return true;
    report(path, a, b);
    return false;
  }
  const [left, right] = [a, b] as unknown as Record<string, JsonValue>[];
  const keys = new Set([...Object.keys(left!), ...Object.keys(right!)]);
  return [...keys]
    .map((key) => compare(`${path}/${key}`, left![key], right![key]))
    .every((same) => same);
}

for (const name of new Set([...Object.keys(reference), ...Object.keys(other)])) {
  if (!compare(name, reference[name], other[name])) differing++;
}
// deno-lint-ignore no-console -- a program's output
console.log(
  `${Object.keys(reference).length - differing} of ${Object.keys(reference).length} alike`,
);
if (differing > 0) Deno.exit(1);
