// How property names are written in expressions: `a-b` is `a__dash__b`.
// Source: k8s.io/apiserver/pkg/cel/escaping.go.

const RESERVED = new Set(
  ("true false null in as break const continue else for function if import let loop package " +
    "namespace return var void while").split(" "),
);

const PARTS: Readonly<Record<string, string>> = {
  "__": "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** The name in expressions; `undefined` for names that cannot be written. */
export function escapeFieldName(name: string): string | undefined {
  if (name === "" || /^[0-9]/.test(name)) return undefined;
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/^[A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[-./]/g, (part) => PARTS[part]!);
}

/** What an expression's field is called among escaped names: since 1.31 keywords may be written plainly. */
export function findField<T>(fields: ReadonlyMap<string, T>, name: string): T | undefined {
  return fields.get(name) ?? (RESERVED.has(name) ? fields.get(`__${name}__`) : undefined);
}
