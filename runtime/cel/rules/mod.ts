// Validation rules of schemas: compiling them and evaluating them.

export * from "./compile_rule.ts";
export * from "./rule_tree.ts";
