// Runs the conformance cases of cel-spec, group by group. Cases that make or
// hold protobuf messages are left out, since expressions of Kubernetes have
// none: their groups are printed with how many they are. The blocks that
// optimisers of syntax trees make (block_ext) are no part of the language.

import { assertEquals } from "@std/assert";
import { getConformanceSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { parseExpression } from "./compile.ts";
import { check } from "./checker.ts";
import { Environment, type Library } from "./environment.ts";
import { equal } from "./equality.ts";
import { declare } from "./declarations.ts";
import { BINDINGS, ENCODERS } from "./libraries/encoders.ts";
import { LISTS } from "./libraries/lists.ts";
import { MATH } from "./libraries/math.ts";
import { OPTIONALS } from "./libraries/optionals.ts";
import { STANDARD } from "./libraries/standard.ts";
import { stringsLibrary } from "./libraries/strings.ts";
import { TWO_VARIABLES } from "./libraries/two_variables.ts";
import { plan } from "./planner.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";
import {
  ArrayList,
  CelList,
  CelMap,
  Double,
  EntryMap,
  EvaluationError,
  intValue,
  typeOf,
  Uint,
  type Value,
} from "./values.ts";

const LIBRARIES: readonly Library[] = [
  STANDARD,
  OPTIONALS,
  BINDINGS,
  stringsLibrary(4),
  MATH,
  ENCODERS,
  LISTS,
  TWO_VARIABLES,
];

type Suite = ReturnType<typeof getConformanceSuite>;
type Case = Suite["tests"][number]["original"];
type Expected = NonNullable<Extract<Case["resultMatcher"], { case: "value" }>["value"]>;
type DeclaredType = NonNullable<
  Extract<Case["typeEnv"][number]["declKind"], { case: "ident" }>["value"]["type"]
>;

const MESSAGE =
  /TestAllTypes|google\.protobuf\.(?!Timestamp"|Duration")[A-Z]|"case":"(?:objectValue|messageType|enumValue)"|GlobalEnum|typeUrl|"wrapper"|"abstractType".*(?:proto)|NullValue\.|cel\.expr\.conformance\.|proto[23]?\.(?:getExt|hasExt)|"container":"(?:google|cel\.expr)/;

function text(value: unknown): string {
  return JSON.stringify(
    value,
    (key, item) =>
      key === "$typeName" && String(item).startsWith("cel.expr.")
        ? undefined
        : typeof item === "bigint"
        ? String(item)
        : item instanceof Uint8Array
        ? [...item]
        : item,
  );
}

const WELL_KNOWN: readonly (Type | undefined)[] = [
  undefined,
  new types.Type("any", "any"),
  types.TIMESTAMP,
  types.DURATION,
];

const PRIMITIVES: readonly (Type | undefined)[] = [
  undefined,
  types.BOOL,
  types.INT,
  types.UINT,
  types.DOUBLE,
  types.STRING,
  types.BYTES,
];

function declaredType(type: DeclaredType | undefined): Type {
  const kind = type?.typeKind;
  switch (kind?.case) {
    case "primitive":
      return PRIMITIVES[kind.value]!;
    case "wellKnown":
      return WELL_KNOWN[kind.value]!;
    case "listType":
      return types.listType(declaredType(kind.value.elemType));
    case "mapType":
      return types.mapType(declaredType(kind.value.keyType), declaredType(kind.value.valueType));
    case "null":
      return types.NULL;
    case "wrapper":
      return types.wrapperType(PRIMITIVES[kind.value]!);
    case "typeParam":
      return types.typeParam(kind.value);
    case "type":
      return types.typeType(declaredType(kind.value));
    case "abstractType":
      return types.opaqueType(kind.value.name, ...kind.value.parameterTypes.map(declaredType));
    default:
      return types.DYN;
  }
}

function valueOf(value: Expected): Value {
  const { kind } = value;
  switch (kind.case) {
    case "boolValue":
    case "stringValue":
    case "bytesValue":
      return kind.value;
    case "int64Value":
      return intValue(kind.value);
    case "uint64Value":
      return new Uint(kind.value);
    case "doubleValue":
      return new Double(kind.value);
    case "listValue":
      return new ArrayList(kind.value.values.map(valueOf));
    case "mapValue":
      return new EntryMap(
        kind.value.entries.map(({ key, value: held }) => [valueOf(key!), valueOf(held!)] as const),
      );
    case "typeValue":
      return typeNamed(kind.value);
    default:
      return null;
  }
}

function typeNamed(name: string): Type {
  return [types.BOOL, types.INT, types.UINT, types.DOUBLE, types.STRING, types.BYTES, types.NULL]
    .concat([types.LIST, types.MAP, types.TYPE, types.TIMESTAMP, types.DURATION])
    .find((type) => type.name === name) ?? types.opaqueType(name);
}

/** Equal, and of the same type down to the items. */
function same(actual: Value, expected: Value): boolean {
  if (actual instanceof Double && expected instanceof Double) {
    return Object.is(actual.value, expected.value) || actual.value === expected.value;
  }
  if (typeOf(actual).name !== typeOf(expected).name) return false;
  if (actual instanceof CelList && expected instanceof CelList) {
    return actual.size === expected.size &&
      [...actual].every((item, index) => same(item, expected.at(index)));
  }
  if (actual instanceof CelMap && expected instanceof CelMap) {
    return actual.size === expected.size && [...expected.keys()].every((key) => {
      const held = actual.get(key);
      return held !== undefined && same(held, expected.get(key)!);
    });
  }
  return equal(actual, expected);
}

/** `undefined` when the case holds, else what is wrong. */
function run(test: Case): string | undefined {
  const variables: Record<string, Type> = {};
  const functions: Library["functions"] = test.typeEnv.flatMap(({ name, declKind }) =>
    declKind.case !== "function" ? [] : [{
      name,
      overloads: declKind.value.overloads.map((overload) => ({
        ...declare(name, [[overload.overloadId, "() -> dyn"]]).overloads[0]!,
        member: overload.isInstanceFunction,
        params: overload.params.map(declaredType),
        result: declaredType(overload.resultType),
        typeParams: overload.typeParams,
      })),
    }]
  );
  for (const { name, declKind } of test.typeEnv) {
    if (declKind.case === "ident") variables[name] = declaredType(declKind.value.type);
  }
  for (const name of Object.keys(test.bindings)) variables[name] ??= types.DYN;
  const environment = new Environment({
    libraries: [...LIBRARIES, { functions }],
    variables,
    container: test.container,
    escapedIdentifiers: true,
    crossTypeComparisons: true,
  });
  const { matched, expected } = expectation(test);
  const { ast, issues } = parseExpression(test.expr, environment);
  if (issues.count > 0) return matched === "error" ? undefined : issues.toString();
  let tree = ast;
  if (!test.disableCheck) {
    const checked = check(ast, environment, issues);
    if (issues.count > 0) return matched === "error" ? undefined : issues.toString();
    if (test.resultMatcher.case === "typedResult") {
      const deduced = declaredType(test.resultMatcher.value.deducedType);
      if (!deduced.equals(checked.type)) return `type ${checked.type}, expected ${deduced}`;
    }
    tree = checked;
  }
  if (test.checkOnly) return undefined;
  const slots = Object.keys(variables).map((name) => {
    const binding = test.bindings[name]?.kind;
    return binding?.case === "value" ? valueOf(binding.value) : undefined;
  });
  try {
    const value = plan(tree, environment).run(slots, Infinity);
    if (matched === "error") return "no error";
    return same(value, expected) ? undefined : `got ${text(value)}`;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return matched === "error" ? undefined : error.message;
  }
}

function expectation(test: Case): { matched: "error" | "value"; expected: Value } {
  switch (test.resultMatcher.case) {
    case "evalError":
    case "anyEvalErrors":
      return { matched: "error", expected: null };
    case "value":
      return { matched: "value", expected: valueOf(test.resultMatcher.value) };
    case "typedResult": {
      const { result } = test.resultMatcher.value;
      return { matched: "value", expected: result === undefined ? null : valueOf(result) };
    }
    default:
      return { matched: "value", expected: true };
  }
}

const NOT_THE_LANGUAGE = new Set(["block_ext"]);

Deno.test("CEL holds to the conformance cases of cel-spec", async (t) => {
  for (const file of getConformanceSuite().suites) {
    if (NOT_THE_LANGUAGE.has(file.name)) continue;
    await t.step(file.name, () => {
      const failures: string[] = [];
      let total = 0;
      let messages = 0;
      for (const group of file.suites) {
        for (const { original } of group.tests) {
          if (MESSAGE.test(text(original))) {
            messages++;
            continue;
          }
          total++;
          const wrong = run(original);
          if (wrong !== undefined) {
            failures.push(`${group.name}/${original.name}: ${original.expr}: ${wrong}`);
          }
        }
      }
      // deno-lint-ignore no-console -- the figures are the point of this test
      console.log(
        `${file.name}: ${total - failures.length} of ${total}` +
          (messages === 0 ? "" : `; ${messages} need protobuf messages`),
      );
      assertEquals(failures, []);
    });
  }
});
