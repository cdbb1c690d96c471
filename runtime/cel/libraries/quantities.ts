// Quantities such as `1500m` and `2Gi`. Source: Kubernetes' quantity library.

import { Quantity, QuantityError } from "../../quantity.ts";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { structType, type Type } from "../types.ts";
import { Double, fail, intValue, Opaque, type Value } from "../values.ts";

const QUANTITY = structType("kubernetes.Quantity");

/** A quantity. */
export class QuantityValue extends Opaque {
  constructor(readonly quantity: Quantity) {
    super();
  }
  get celType(): Type {
    return QUANTITY;
  }
  override equals(other: Value): boolean {
    return other instanceof QuantityValue && this.quantity.equals(other.quantity);
  }
}

function read(text: string): Quantity {
  try {
    return Quantity.parse(text);
  } catch (error) {
    if (error instanceof QuantityError) return fail(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    Quantity.parse(text);
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

const of = (value: Value | undefined): Quantity => (value as QuantityValue).quantity;

/** The quantity as a 64-bit integer, if it is one. */
function exact(quantity: Quantity): bigint | undefined {
  const value = quantity.value();
  return Quantity.of(value).equals(quantity) ? value : undefined;
}

const type = "kubernetes.Quantity";

/** Kubernetes' quantity library. */
export const QUANTITIES: Library = {
  types: [QUANTITY],
  functions: [
    declare(
      "quantity",
      [["string_to_quantity", `(string) -> ${type}`]],
      (text) => new QuantityValue(read(text as string)),
    ),
    declare(
      "isQuantity",
      [["is_quantity_string", "(string) -> bool"]],
      (text) => isQuantity(text as string),
    ),
    declare("sign", [["quantity_sign", `(${type}) -> int`]], (value) => of(value).sign),
    declare(
      "isGreaterThan",
      [["quantity_is_greater_than", `${type}.(${type}) -> bool`]],
      (a, b) => of(a).compare(of(b)) > 0,
    ),
    declare(
      "isLessThan",
      [["quantity_is_less_than", `${type}.(${type}) -> bool`]],
      (a, b) => of(a).compare(of(b)) < 0,
    ),
    declare(
      "compareTo",
      [["quantity_compare_to", `${type}.(${type}) -> int`]],
      (a, b) => of(a).compare(of(b)),
    ),
    declare(
      "asApproximateFloat",
      [["quantity_get_float", `${type}.() -> double`]],
      (value) => new Double(of(value).toNumber()),
    ),
    declare(
      "asInteger",
      [["quantity_get_int", `${type}.() -> int`]],
      (value) => intValue(exact(of(value)) ?? fail("cannot convert value to integer")),
    ),
    declare(
      "isInteger",
      [["quantity_is_integer", `${type}.() -> bool`]],
      (value) => exact(of(value)) !== undefined,
    ),
    declare("add", [
      [
        "quantity_add",
        `${type}.(${type}) -> ${type}`,
        (a, b) => new QuantityValue(of(a).add(of(b))),
      ],
      [
        "quantity_add_int",
        `${type}.(int) -> ${type}`,
        (a, b) => new QuantityValue(of(a).add(Quantity.of(BigInt(b as number)))),
      ],
    ]),
    declare("sub", [
      [
        "quantity_sub",
        `${type}.(${type}) -> ${type}`,
        (a, b) => new QuantityValue(of(a).subtract(of(b))),
      ],
      [
        "quantity_sub_int",
        `${type}.(int) -> ${type}`,
        (a, b) => new QuantityValue(of(a).subtract(Quantity.of(BigInt(b as number)))),
      ],
    ]),
  ],
};
