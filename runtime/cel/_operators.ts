// The functions that binary operators stand for, by how tightly they bind.

/** Comparisons and membership. */
export const RELATIONS: Readonly<Record<string, string>> = {
  "==": "_==_",
  "!=": "_!=_",
  in: "@in",
  "<": "_<_",
  "<=": "_<=_",
  ">=": "_>=_",
  ">": "_>_",
};
/** Operators that add. */
export const SUMS: Readonly<Record<string, string>> = { "+": "_+_", "-": "_-_" };
/** Operators that multiply. */
export const PRODUCTS: Readonly<Record<string, string>> = { "*": "_*_", "/": "_/_", "%": "_%_" };
