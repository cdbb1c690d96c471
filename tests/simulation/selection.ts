// Selectors as the simulation's clients mean them. Written without looking at
// the product's own: the two are compared.

import type { KubeObject } from "../../runtime/object.ts";
import type { Dice } from "./dice.ts";
import { NAMESPACES, type SimulatedKind } from "./kinds.ts";

interface LabelTerm {
  readonly key: string;
  readonly operator: "=" | "!=" | "in" | "notin" | "exists" | "!";
  readonly values: readonly string[];
}

interface FieldTerm {
  readonly field: string;
  readonly negated: boolean;
  readonly value: string;
}

/** Which objects a client is interested in. */
export interface Selection {
  /** `""`: all. */
  readonly namespace: string;
  readonly labels: readonly LabelTerm[];
  readonly fields: readonly FieldTerm[];
}

/** The labels that objects carry and their values. */
export const LABELS: Readonly<Record<string, readonly string[]>> = {
  app: ["web", "db", "job"],
  tier: ["front", "back"],
};

/** Any selection. */
export function drawSelection(dice: Dice, kind: SimulatedKind): Selection {
  const labels: LabelTerm[] = [];
  if (dice.chance(0.5)) labels.push(drawLabelTerm(dice));
  if (dice.chance(0.2)) labels.push(drawLabelTerm(dice));
  const fields: FieldTerm[] = [];
  if (dice.chance(0.25)) {
    const field = dice.pick(Object.keys(kind.fields));
    fields.push({ field, negated: dice.chance(0.5), value: dice.pick(kind.fieldValues[field]!) });
  }
  return {
    namespace: kind.namespaced && dice.chance(0.5) ? dice.pick(NAMESPACES) : "",
    labels,
    fields,
  };
}

function drawLabelTerm(dice: Dice): LabelTerm {
  const key = dice.pick(Object.keys(LABELS));
  const operator = dice.pick(["=", "!=", "in", "notin", "exists", "!"] as const);
  const all = LABELS[key]!;
  const values = operator === "in" || operator === "notin"
    ? all.slice(0, 1 + dice.below(all.length))
    : [dice.pick(all)];
  return { key, operator, values };
}

/** The selection as query parameters. */
export function selectionQuery({ labels, fields }: Selection): Record<string, string> {
  const labelText = labels.map(({ key, operator, values }) => {
    switch (operator) {
      case "exists":
        return key;
      case "!":
        return `!${key}`;
      case "in":
      case "notin":
        return `${key} ${operator} (${values.join(",")})`;
      default:
        return `${key}${operator}${values[0]}`;
    }
  }).join(",");
  const fieldText = fields
    .map(({ field, negated, value }) => `${field}${negated ? "!=" : "="}${value}`)
    .join(",");
  return {
    ...(labelText === "" ? {} : { labelSelector: labelText }),
    ...(fieldText === "" ? {} : { fieldSelector: fieldText }),
  };
}

/** Whether an object belongs to the selection. */
export function selects(kind: SimulatedKind, selection: Selection, object: KubeObject): boolean {
  const { namespace, labels, fields } = selection;
  if (namespace !== "" && object.metadata.namespace !== namespace) return false;
  for (const { key, operator, values } of labels) {
    const value = object.metadata.labels?.[key];
    const listed = value !== undefined && values.includes(value);
    const holds = operator === "exists"
      ? value !== undefined
      : operator === "!"
      ? value === undefined
      : operator === "=" || operator === "in"
      ? listed
      : !listed;
    if (!holds) return false;
  }
  return fields.every(({ field, negated, value }) =>
    (kind.fields[field]!(object) === value) !== negated
  );
}

/** Whether it leaves nothing out, namespaces aside. */
export function isEverything({ labels, fields }: Selection): boolean {
  return labels.length === 0 && fields.length === 0;
}
