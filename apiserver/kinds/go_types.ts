// Shapes of internal Go structs from short descriptions, one struct a line:
// `GoName:type` for each member in declaration order, `GoName=jsonName:type`
// where the JSON name is not the Go name with a small first letter. Types:
// `s` string, `i` integer, `b` boolean, `n` anything behind a pointer or in a
// slice, `l` a pointer to a label selector, `m` a map of plain values, `T` a struct, `*T` a pointer to one,
// `[T]` a slice, `{T}` a map.

import {
  goBool,
  goInt,
  goLabelSelector,
  goList,
  goMap,
  goNullable,
  goPointer,
  type GoShape,
  goString,
  goStruct,
} from "./go_value.ts";

const PLAIN: Readonly<Record<string, GoShape>> = {
  s: goString,
  i: goInt,
  b: goBool,
  n: goNullable,
  l: goLabelSelector,
  m: goMap(() => goNullable),
};

/** Compiles descriptions of structs, by name, on first use. */
export function goTypes(
  descriptions: Readonly<Record<string, string>>,
): (name: string) => GoShape {
  const compiled = new Map<string, GoShape>();
  const struct = (name: string): GoShape => {
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const text = descriptions[name];
    if (text === undefined) throw new Error(`no description of the Go type "${name}"`);
    const shape = goStruct(...text.trim().split(/\s+/).map((member) => parse(member)));
    compiled.set(name, shape);
    return shape;
  };
  const parse = (member: string): readonly [string, string, GoShape] => {
    const colon = member.indexOf(":");
    const [goName = "", jsonName] = member.slice(0, colon).split("=");
    const type = member.slice(colon + 1);
    return [
      goName,
      jsonName ?? goName.charAt(0).toLowerCase() + goName.slice(1),
      shapeOf(type),
    ];
  };
  const shapeOf = (type: string): GoShape => {
    const plain = PLAIN[type];
    if (plain !== undefined) return plain;
    if (type.startsWith("*")) return goPointer(() => struct(type.slice(1)));
    if (type.startsWith("[")) return goList(() => struct(type.slice(1, -1)));
    if (type.startsWith("{")) return goMap(() => struct(type.slice(1, -1)));
    return struct(type);
  };
  return struct;
}
