// The functions that binary operators stand for, by how tightly they bind, and
// the words that cannot be names.

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

/** Words that cannot be names. */
export const RESERVED = new Set(
  ("as break const continue else false for function if import in let loop package namespace null " +
    "return true var void while").split(" "),
);
