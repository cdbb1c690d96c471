// Label selectors: their text form, parsed as k8s.io/apimachinery/pkg/labels
// does (with its error texts), and their object form (metav1.LabelSelector).
// Both compile into one closure.

import type { JsonObject } from "../object.ts";
import { invalid, printFieldError } from "../field/error.ts";
import type { FieldError } from "../field/error.ts";
import { isQualifiedName, isValidLabelValue } from "../names.ts";
import { Lexer, type Token } from "./_lexer.ts";

/** The labels of an object; absent ones count as none. */
export type Labels = Readonly<Record<string, string>> | undefined;

/** Operators as they stand in the text form. */
export type LabelOperator =
  | "in"
  | "notin"
  | "="
  | "=="
  | "!="
  | "exists"
  | "!"
  | "gt"
  | "lt";

/** One requirement. */
export interface LabelRequirement {
  /** The label. */
  readonly key: string;
  /** How the label or field is compared. */
  readonly operator: LabelOperator;
  /** The values, for operators that take some. */
  readonly values: readonly string[];
}

/** A compiled selector. */
export interface LabelSelector {
  /** Selects everything: has no requirements. */
  readonly empty: boolean;
  /** Sorted by key. */
  readonly requirements: readonly LabelRequirement[];
  /** Whether an object with these labels is selected. */
  matches(labels: Labels): boolean;
}

/** Selects everything. */
export const everything: LabelSelector = {
  empty: true,
  requirements: [],
  matches: () => true,
};

/** Selects nothing, as an absent metav1.LabelSelector does. */
export const nothing: LabelSelector = {
  empty: false,
  requirements: [],
  matches: () => false,
};

/** Something is wrong with a selector's text. The message is that of the Go parser. */
export class SelectorError extends Error {}

/** Parses `app=web,tier notin (db, cache),!old`. Throws {@linkcode SelectorError}. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === "") return everything;
  return labelSelector(new Parser(text).parse());
}

/** A selector of requirements that are known to be good. */
export function labelSelector(
  requirements: readonly LabelRequirement[],
): LabelSelector {
  if (requirements.length === 0) return everything;
  const sorted = [...requirements].sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  const tests = sorted.map(compile);
  const matches = tests.length === 1
    ? tests[0]!
    : (labels: Labels) => tests.every((test) => test(labels));
  return { empty: false, requirements: sorted, matches };
}

/** Selects exactly these labels. */
export function labelsAsSelector(labels: Labels): LabelSelector {
  return labelSelector(
    Object.entries(labels ?? {}).map(([key, value]) => ({
      key,
      operator: "=",
      values: [value],
    })),
  );
}

const OBJECT_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * A metav1.LabelSelector (`matchLabels`, `matchExpressions`) compiled. An
 * absent one selects nothing, an empty one everything. Throws
 * {@linkcode SelectorError} for what validation would have refused.
 */
export function compileLabelSelector(
  selector: JsonObject | undefined | null,
): LabelSelector {
  if (selector === undefined || selector === null) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push(requirement(key, "=", [String(value)]));
  }
  const expressions = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
  for (const expression of expressions as JsonObject[]) {
    const operator = OBJECT_OPERATORS[String(expression.operator)];
    if (operator === undefined) {
      throw new SelectorError(
        `"${expression.operator}" is not a valid label selector operator`,
      );
    }
    const values = Array.isArray(expression.values) ? expression.values.map(String) : [];
    requirements.push(requirement(String(expression.key), operator, values));
  }
  return labelSelector(requirements);
}

function compile(
  { key, operator, values }: LabelRequirement,
): (labels: Labels) => boolean {
  const value = values[0] ?? "";
  switch (operator) {
    case "=":
    case "==":
      return (labels) => get(labels, key) === value;
    case "!=":
      return (labels) => get(labels, key) !== value;
    case "in": {
      const set = new Set(values);
      return (labels) => {
        const found = get(labels, key);
        return found !== undefined && set.has(found);
      };
    }
    case "notin": {
      const set = new Set(values);
      return (labels) => {
        const found = get(labels, key);
        return found === undefined || !set.has(found);
      };
    }
    case "exists":
      return (labels) => get(labels, key) !== undefined;
    case "!":
      return (labels) => get(labels, key) === undefined;
    case "gt":
      return (labels) => compareIntegers(get(labels, key), value) > 0;
    case "lt":
      return (labels) => compareIntegers(get(labels, key), value) < 0;
  }
}

function get(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function isInt64(text: string): boolean {
  if (!/^[-+]?[0-9]{1,19}$/.test(text)) return false;
  return BigInt.asIntN(64, BigInt(text.replace("+", ""))) ===
    BigInt(text.replace("+", ""));
}

/** NaN (neither above nor below) when the label is absent or no integer. */
function compareIntegers(found: string | undefined, bound: string): number {
  if (found === undefined || !isInt64(found)) return NaN;
  const difference = BigInt(found.replace("+", "")) -
    BigInt(bound.replace("+", ""));
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** Checks as labels.NewRequirement does. */
function requirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
): LabelRequirement {
  const errors: FieldError[] = keyErrors(key, "key");
  if ((operator === "in" || operator === "notin") && values.length === 0) {
    errors.push(
      invalid(
        "values",
        values,
        "for 'in', 'notin' operators, values set can't be empty",
      ),
    );
  } else if ((operator === "exists" || operator === "!") && values.length > 0) {
    errors.push(
      invalid(
        "values",
        values,
        "values set must be empty for exists and does not exist",
      ),
    );
  } else if (operator === "gt" || operator === "lt") {
    values.forEach((value, i) => {
      if (isInt64(value)) return;
      errors.push(
        invalid(
          `values[${i}]`,
          value,
          "for 'Gt', 'Lt' operators, the value must be an integer",
        ),
      );
    });
  }
  values.forEach((value, i) => {
    const texts = isValidLabelValue(value);
    if (texts.length > 0) {
      errors.push(invalid(`values[${i}][${key}]`, value, texts.join("; ")));
    }
  });
  if (errors.length > 0) throw aggregate(errors);
  return { key, operator, values };
}

function keyErrors(key: string, field: string): FieldError[] {
  const texts = isQualifiedName(key);
  return texts.length === 0 ? [] : [invalid(field, key, texts.join("; "))];
}

function aggregate(errors: readonly FieldError[]): SelectorError {
  const texts = [...new Set(errors.map(printFieldError))];
  return new SelectorError(
    texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`,
  );
}

const BINARY_OPERATORS: ReadonlyMap<string, LabelOperator> = new Map([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
]);

/** The recursive-descent parser of labels.Parse. Words such as `in` are operators only where one is due. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = new Lexer(text).all();
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { type, text } = this.#peek();
      if (type === "end") return requirements;
      if (type !== "word" && type !== "!") {
        throw new SelectorError(
          `found '${text}', expected: !, identifier, or 'end of string'`,
        );
      }
      requirements.push(this.#requirement());
      const after = this.#take();
      if (after.type === "end") return requirements;
      if (after.type !== ",") {
        throw new SelectorError(
          `found '${after.text}', expected: ',' or 'end of string'`,
        );
      }
      const next = this.#peek();
      if (next.type !== "word" && next.type !== "!") {
        throw new SelectorError(
          `found '${next.text}', expected: identifier after ','`,
        );
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      const { key, operator } = this.#key();
      if (operator !== undefined) return requirement(key, operator, []);
      const binary = this.#operator();
      const values = binary === "in" || binary === "notin" ? this.#list() : [this.#exactValue()];
      return requirement(key, binary, [...new Set(values)].sort());
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  #key(): { key: string; operator?: LabelOperator } {
    let token = this.#take();
    const negated = token.type === "!";
    if (negated) token = this.#take();
    if (token.type !== "word") {
      throw new SelectorError(`found '${token.text}', expected: identifier`);
    }
    const errors = keyErrors(token.text, "");
    if (errors.length > 0) throw aggregate(errors);
    if (negated) return { key: token.text, operator: "!" };
    const next = this.#peek().type;
    return next === "end" || next === ","
      ? { key: token.text, operator: "exists" }
      : { key: token.text };
  }

  #operator(): LabelOperator {
    const { type, text } = this.#take();
    const operator = BINARY_OPERATORS.get(type === "word" ? text : type);
    if (operator === undefined) {
      throw new SelectorError(
        `found '${text}', expected: in, notin, =, ==, !=, gt, lt`,
      );
    }
    return operator;
  }

  #exactValue(): string {
    const { type } = this.#peek();
    if (type === "end" || type === ",") return "";
    const token = this.#take();
    if (token.type === "word") return token.text;
    throw new SelectorError(`found '${token.text}', expected: identifier`);
  }

  /** `(a, b,)`; an empty place is the empty value. */
  #list(): string[] {
    const open = this.#take();
    if (open.type !== "(") {
      throw new SelectorError(`found '${open.text}' expected: '('`);
    }
    const first = this.#peek();
    if (first.type === ")") {
      this.#take();
      return [];
    }
    if (first.type !== "word" && first.type !== ",") {
      throw new SelectorError(
        `found '${first.text}', expected: ',', ')' or identifier`,
      );
    }
    const values = this.#listItems();
    // The Go parser names the token before the list here.
    if (this.#take().type !== ")") {
      throw new SelectorError(`found '${first.text}', expected: ')'`);
    }
    return values;
  }

  #listItems(): string[] {
    const values: string[] = [];
    for (;;) {
      const { type, text } = this.#take();
      const next = this.#peek();
      if (type === "word") {
        values.push(text);
        if (next.type === ")") return values;
        if (next.type !== ",") {
          throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
        }
      } else if (type === ",") {
        if (values.length === 0) values.push("");
        if (next.type === ")") return [...values, ""];
        if (next.type === ",") {
          this.#take();
          values.push("");
        }
      } else {
        throw new SelectorError(
          `found '${text}', expected: ',', or identifier`,
        );
      }
    }
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}
