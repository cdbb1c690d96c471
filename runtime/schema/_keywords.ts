// The keywords of a custom resource's schema as checks, compiled once: what
// k8s.io/kube-openapi/pkg/validation does, with its texts, order and oddities,
// and how an update is let off for values it did not change (ratcheting).

import { equal, isObject, type JsonObject, type JsonValue } from "../object.ts";
import { goJson, goQuote } from "../go_text.ts";
import { duplicatedItems } from "./_list_items.ts";
import { type Correlated, itemMatcher, memberOf, unchanged } from "./_ratchet.ts";
import { Outcome } from "./_finding.ts";
import { compileNumber } from "./_number_keywords.ts";
import { compileString } from "./_string_keywords.ts";
import {
  type Check,
  childOf,
  isInt64,
  report,
  reportInvalid,
  schemaType,
  words,
} from "./_check.ts";
import {
  invalid,
  notSupported,
  required as requiredField,
  tooMany,
  typeInvalid,
} from "../field/error.ts";

/** A compiled schema. `path` is the way to the value, with a dot before it where kube-openapi puts one; `old` its counterpart before an update. */
export interface Keywords {
  check(value: JsonValue, path: string, old?: Correlated): Outcome;
}

const INT_OR_STRING = ["integer", "string"];

/** Compiles an OpenAPI v3 schema of a CustomResourceDefinition. */
export function compileKeywords(schema: JsonObject): Keywords {
  return new Schema(schema);
}

function count(schema: JsonObject, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

function listOf(schema: JsonObject, keyword: string): JsonValue[] {
  const value = schema[keyword];
  return Array.isArray(value) ? value : [];
}

class Schema implements Keywords {
  readonly #types: readonly string[];
  readonly #nullable: boolean;
  readonly #format: string;
  readonly #enum: readonly JsonValue[];
  readonly #allOf: readonly Schema[];
  readonly #anyOf: readonly Schema[];
  readonly #oneOf: readonly Schema[];
  readonly #not: Schema | undefined;
  readonly #string: Check<string>;
  readonly #number: Check<number | bigint>;
  readonly #array: ArrayKeywords;
  readonly #object: ObjectKeywords;
  readonly #combined: boolean;

  constructor(schema: JsonObject) {
    const type = typeof schema.type === "string" ? schema.type : "";
    this.#types = schema["x-kubernetes-int-or-string"] === true
      ? INT_OR_STRING
      : type === ""
      ? []
      : [type];
    const string = compileString(schema, this.#types);
    this.#format = string.format;
    this.#string = string.check;
    this.#number = compileNumber(schema, this.#types, this.#format);
    this.#nullable = schema.nullable === true;
    this.#enum = listOf(schema, "enum");
    const branches = (keyword: string) =>
      listOf(schema, keyword).filter(isObject).map((s) => new Schema(s));
    this.#allOf = branches("allOf");
    this.#anyOf = branches("anyOf");
    this.#oneOf = branches("oneOf");
    const not = childOf(schema, "not");
    this.#not = not === undefined ? undefined : new Schema(not);
    this.#combined = this.#allOf.length + this.#anyOf.length + this.#oneOf.length > 0 ||
      this.#not !== undefined;
    this.#array = new ArrayKeywords(schema);
    this.#object = new ObjectKeywords(schema);
  }

  check(value: JsonValue, path: string, old?: Correlated): Outcome {
    const outcome = new Outcome();
    if (value === null) this.#checkNull(path, outcome);
    else this.#checkValue(value, path, outcome, old);
    // What was not changed is let pass.
    if (outcome.findings !== undefined && old !== undefined && unchanged(value, old)) {
      outcome.findings = undefined;
    }
    return outcome;
  }

  #checkValue(value: JsonValue, path: string, outcome: Outcome, old: Correlated | undefined): void {
    if (this.#types.length > 0 || this.#format !== "") {
      this.#checkType(value, path, outcome);
      outcome.matches++;
    }
    if (this.#combined) this.#checkBranches(value, path, outcome, old);
    outcome.matches += 2;
    this.#checkKind(value, path, outcome, old);
    this.#checkEnum(value, path, outcome);
    outcome.matches++;
    if (isObject(value)) {
      this.#object.check(value, path, outcome, old);
      outcome.matches++;
    }
    outcome.matches++;
  }

  #checkKind(value: JsonValue, path: string, outcome: Outcome, old: Correlated | undefined): void {
    if (typeof value === "string") this.#string(value, path, outcome);
    else if (typeof value === "number" || typeof value === "bigint") {
      this.#number(value, path, outcome);
    } else if (Array.isArray(value)) this.#array.check(value, path, outcome, old);
    else return;
    outcome.matches++;
  }

  #checkNull(path: string, outcome: Outcome): void {
    if (this.#types.length > 0 && !this.#nullable) {
      this.#wrongType(path, this.#types.join(","), "null", outcome);
    } else outcome.matches++;
    this.#checkEnum(null, path, outcome);
  }

  #wrongType(path: string, type: string, actual: string, outcome: Outcome): void {
    const text = words(path, `must be of type ${type}: ${goQuote(actual)}`);
    report(outcome, text, typeInvalid(path, actual, text));
  }

  #checkType(value: JsonValue, path: string, outcome: Outcome): void {
    const [type, format] = schemaType(value);
    const types = this.#types;
    const numeric = types.includes("number") || types.includes("integer");
    const fits = types.includes(type) || (type === "integer" && types.includes("number"));
    const listed = typeof value === "string" || Array.isArray(value);
    if (this.#format !== "" && !listed && !fits && format !== this.#format) {
      this.#wrongType(path, this.#format, format, outcome);
    } else if (!(this.#format !== "" && !numeric && listed) && !fits) {
      this.#wrongType(path, types.join(","), type, outcome);
    } else outcome.matches++;
  }

  #checkEnum(value: JsonValue, path: string, outcome: Outcome): void {
    const allowed = this.#enum;
    // A null is never found among the allowed values, even if it is one.
    if (
      allowed.length === 0 || (value !== null && allowed.some((item) => isAllowed(value, item)))
    ) {
      return;
    }
    const texts = allowed.map((item) => typeof item === "string" ? item : goJson(item));
    report(
      outcome,
      words(path, `should be one of [${texts.join(" ")}]`),
      notSupported(path, value, texts),
    );
  }

  #checkBranches(
    value: JsonValue,
    path: string,
    outcome: Outcome,
    old: Correlated | undefined,
  ): void {
    // Branches see which children belong together, but are themselves let off only with the whole.
    const run = (schema: Schema) => schema.check(value, path, old);
    if (this.#anyOf.length > 0) checkAnyOf(this.#anyOf, run, path, outcome);
    if (this.#oneOf.length > 0) checkOneOf(this.#oneOf, run, path, outcome);
    if (this.#allOf.length > 0) checkAllOf(this.#allOf, run, path, outcome);
    if (this.#not !== undefined && run(this.#not).valid) {
      complain(path, "must not validate the schema (not)", outcome);
    }
  }
}

/**
 * Whether a value is one of the allowed ones, after Go's conversion to the
 * other's type: fractions are cut off, integers become characters.
 */
function isAllowed(value: JsonValue, item: JsonValue): boolean {
  if (equal(value, item)) return true;
  if (typeof value !== "number") return false;
  if (typeof item === "number") {
    return isInt64(item) && !isInt64(value) && Math.trunc(value) === item;
  }
  return typeof item === "string" && isInt64(value) && value === item.codePointAt(0) &&
    item === String.fromCodePoint(value);
}

function complain(path: string, what: string, outcome: Outcome): void {
  const text = `${goQuote(path)} ${what}`;
  report(outcome, text, invalid("", "", text));
}

type Run = (schema: Schema) => Outcome;

function checkAnyOf(branches: readonly Schema[], run: Run, path: string, outcome: Outcome): void {
  let best: Outcome | undefined;
  for (const branch of branches) {
    const result = run(branch);
    if (result.valid) return outcome.merge(result);
    if (best === undefined || result.matches > best.matches) best = result;
  }
  complain(path, "must validate at least one schema (anyOf)", outcome);
  if (best !== undefined) outcome.merge(best);
}

function checkOneOf(branches: readonly Schema[], run: Run, path: string, outcome: Outcome): void {
  let best: Outcome | undefined;
  let first: Outcome | undefined;
  let valid = 0;
  for (const branch of branches) {
    const result = run(branch);
    if (result.valid) {
      valid++;
      best = undefined;
      first ??= result;
    } else if (valid === 0 && (best === undefined || result.matches > best.matches)) best = result;
  }
  if (valid === 1 && first !== undefined) return outcome.merge(first);
  const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
  complain(path, `must validate one and only one schema (oneOf). ${found}`, outcome);
  if (best !== undefined) outcome.merge(best);
}

function checkAllOf(branches: readonly Schema[], run: Run, path: string, outcome: Outcome): void {
  let valid = 0;
  for (const branch of branches) {
    const result = run(branch);
    if (result.valid) valid++;
    outcome.merge(result);
  }
  if (valid === branches.length) return;
  const none = valid === 0 ? ". None validated" : "";
  complain(path, `must validate all the schemas (allOf)${none}`, outcome);
}

class ArrayKeywords {
  readonly #items: Schema | undefined;
  readonly #min: number | undefined;
  readonly #max: number | undefined;
  readonly #unique: boolean;

  constructor(schema: JsonObject) {
    const items = childOf(schema, "items");
    this.#items = items === undefined ? undefined : new Schema(items);
    this.#min = count(schema, "minItems");
    this.#max = count(schema, "maxItems");
    this.#unique = schema.uniqueItems === true;
  }

  check(
    value: readonly JsonValue[],
    path: string,
    outcome: Outcome,
    old: Correlated | undefined,
  ): void {
    const { length } = value;
    if (this.#items !== undefined) this.#checkItems(this.#items, value, path, outcome, old);
    if (this.#min !== undefined && length < this.#min) {
      reportInvalid(outcome, path, length, `should have at least ${this.#min} items`);
    }
    if (this.#max !== undefined && length > this.#max) {
      const text = words(path, `should have at most ${this.#max} items`);
      report(outcome, text, tooMany(path, length, this.#max));
    }
    if (this.#unique && duplicatedItems(value).length > 0) {
      reportInvalid(outcome, path, "", "shouldn't contain duplicates");
    }
    outcome.matches++;
  }

  #checkItems(
    items: Schema,
    value: readonly JsonValue[],
    path: string,
    outcome: Outcome,
    old: Correlated | undefined,
  ): void {
    const match = old === undefined ? undefined : itemMatcher(old);
    for (let i = 0; i < value.length; i++) {
      const item = value[i] as JsonValue;
      outcome.merge(items.check(item, `${path}[${i}]`, match?.(item)));
    }
  }
}

class ObjectKeywords {
  readonly #properties: ReadonlyMap<string, Schema>;
  readonly #additional: Schema | undefined;
  readonly #closed: boolean;
  readonly #required: readonly string[];
  readonly #min: number | undefined;
  readonly #max: number | undefined;

  constructor(schema: JsonObject) {
    const properties = Object.entries(childOf(schema, "properties") ?? {});
    this.#properties = new Map(
      properties.flatMap(([name, child]) => isObject(child) ? [[name, new Schema(child)]] : []),
    );
    const additional = childOf(schema, "additionalProperties");
    this.#additional = additional === undefined ? undefined : new Schema(additional);
    this.#closed = schema.additionalProperties === false;
    this.#required = listOf(schema, "required").filter((name) => typeof name === "string");
    this.#min = count(schema, "minProperties");
    this.#max = count(schema, "maxProperties");
  }

  check(value: JsonObject, path: string, outcome: Outcome, old: Correlated | undefined): void {
    if (this.#min !== undefined || this.#max !== undefined) this.#checkSize(value, path, outcome);
    if (this.#closed || this.#additional !== undefined) {
      this.#checkAdditional(value, path, outcome, old);
    }
    for (const [name, schema] of this.#properties) {
      if (!Object.hasOwn(value, name)) continue;
      const at = path === "" ? name : `${path}.${name}`;
      const before = isTypeMeta(path, name) ? undefined : memberOf(old, name);
      outcome.merge(schema.check(value[name] as JsonValue, at, before));
    }
    for (const name of this.#required) {
      if (Object.hasOwn(value, name)) continue;
      const at = `${path}.${name}`;
      report(outcome, words(at, "is required"), requiredField(at));
    }
  }

  #checkSize(value: JsonObject, path: string, outcome: Outcome): void {
    const size = Object.keys(value).length;
    if (this.#min !== undefined && size < this.#min) {
      reportInvalid(outcome, path, size, `should have at least ${this.#min} properties`);
    }
    if (this.#max !== undefined && size > this.#max) {
      const text = words(path, `should have at most ${this.#max} properties`);
      report(outcome, text, tooMany(path, size, this.#max));
    }
  }

  #checkAdditional(
    value: JsonObject,
    path: string,
    outcome: Outcome,
    old: Correlated | undefined,
  ): void {
    for (const name of Object.keys(value)) {
      if (this.#properties.has(name)) continue;
      if (this.#closed) {
        const text = words(`${path}.${name}`, "is a forbidden property");
        report(outcome, text, invalid(path, name, text));
      } else if (this.#additional !== undefined) {
        const member = value[name] as JsonValue;
        const before = isTypeMeta(path, name) ? undefined : memberOf(old, name);
        outcome.merge(this.#additional.check(member, `${path}.${name}`, before));
      }
    }
  }
}

/** The type of the whole object: old and new are of the same, whatever they were written as. */
function isTypeMeta(path: string, name: string): boolean {
  return path === "" && (name === "kind" || name === "apiVersion");
}
