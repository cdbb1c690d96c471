// intstr.IntOrString: a number, or a string that is mostly a percentage
// (`maxSurge: 25%`). Source: k8s.io/apimachinery/pkg/util/intstr.

/** A number or a string. */
export type IntOrString = number | string;

/** The percentage `25%` stands for, or `undefined` when the text is none. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === "number" || !value.endsWith("%")) return undefined;
  const digits = value.slice(0, -1);
  return /^[-+]?[0-9]+$/.test(digits) ? Number(digits) : undefined;
}

/**
 * The number, or the percentage of `total`, rounded up or down. `undefined`
 * when the string is no percentage.
 *
 * @example
 * ```ts
 * import { scaledValue } from "@capim/capim/runtime";
 *
 * console.assert(scaledValue("25%", 10, true) === 3);
 * ```
 */
export function scaledValue(
  value: IntOrString,
  total: number,
  roundUp: boolean,
): number | undefined {
  if (typeof value === "number") return value;
  const percent = percentOf(value);
  if (percent === undefined) return undefined;
  const exact = (percent * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}

/** The integer: of a string that holds one, or 0. */
export function intValue(value: IntOrString): number {
  if (typeof value === "number") return value;
  return /^[-+]?[0-9]+$/.test(value) ? Number(value) : 0;
}
