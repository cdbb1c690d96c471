// Checks calls of `format` whose format and list of arguments are literals: as
// far as types tell, they are held to what running them would say. Source:
// the string format validator of cel-go's strings extension, version 2.

import type { CallExpr, Expr, ListExpr } from "./ast.ts";
import type { CheckedAst } from "./checker.ts";
import { fillFormat, type FormatClause } from "./libraries/string_format.ts";
import type { Issues } from "./source.ts";
import { EvaluationError } from "./values.ts";

const TEXTS = [
  ...["list", "map", "int", "uint", "double", "bool", "string"],
  ...["timestamp", "bytes", "duration", "type", "null"],
];

interface Demand {
  readonly kinds: readonly string[];
  readonly complaint: string;
}

const DEMANDS: Readonly<Record<string, Demand>> = {
  s: {
    kinds: TEXTS,
    complaint:
      "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  },
  d: { kinds: ["int", "uint"], complaint: "decimal clause can only be used on integers" },
  f: { kinds: ["double", "string"], complaint: "fixed-point clause can only be used on doubles" },
  e: { kinds: ["double", "string"], complaint: "scientific clause can only be used on doubles" },
  b: {
    kinds: ["int", "uint", "bool"],
    complaint: "only integers and bools can be formatted as binary",
  },
  x: {
    kinds: ["int", "uint", "string", "bytes"],
    complaint: "only integers, byte buffers, and strings can be formatted as hex",
  },
  o: { kinds: ["int", "uint"], complaint: "octal clause can only be used on integers" },
};

/** Reports what is wrong with a call of `format`. */
export function checkFormat(ast: CheckedAst, issues: Issues, expr: CallExpr): void {
  const [list] = expr.args;
  if (expr.target?.kind !== "literal" || typeof expr.target.value !== "string") return;
  if (list?.kind !== "list") return;
  const report = (id: number, text: string) => issues.report(ast.offsets.get(id), text);
  let used = 0;
  let wrong: { id: number; text: string } | undefined;
  try {
    fillFormat(expr.target.value, list.elements.length, (clause) => {
      used++;
      wrong ??= complaint(ast, clause, list);
      if (wrong !== undefined) throw new EvaluationError(wrong.text);
      return "";
    });
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return report(wrong?.id ?? expr.id, error.message);
  }
  const given = list.elements.length;
  if (given > used) {
    const counts = `(expected ${used}, got ${given})`;
    report(expr.id, `too many arguments supplied to string.format ${counts}`);
  }
}

function complaint(
  ast: CheckedAst,
  { letter, index }: FormatClause,
  list: ListExpr,
): { id: number; text: string } | undefined {
  const demand = DEMANDS[letter.toLowerCase()]!;
  const bad = unfit(ast, list.elements[index]!, demand, letter === "s");
  if (bad === undefined) return undefined;
  const name = ast.types.get(bad.id)?.name ?? "";
  return { id: bad.id, text: `error during formatting: ${demand.complaint}, was given ${name}` };
}

/** The first part of an argument that the clause cannot print. */
function unfit(ast: CheckedAst, expr: Expr, demand: Demand, inside: boolean): Expr | undefined {
  const kind = ast.types.get(expr.id)?.kind ?? "dyn";
  if (kind !== "dyn" && !demand.kinds.includes(kind)) return expr;
  if (!inside) return undefined;
  const parts = expr.kind === "list"
    ? expr.elements
    : expr.kind === "map"
    ? expr.entries.flatMap(({ key, value }) => [key, value])
    : [];
  for (const part of parts) {
    const found = unfit(ast, part, demand, true);
    if (found !== undefined) return found;
  }
  return undefined;
}
