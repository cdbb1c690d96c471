// Label and field selectors.

export * from "./field.ts";
export * from "./label.ts";
