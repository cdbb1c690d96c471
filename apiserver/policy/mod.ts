// Admission policies written in CEL: the plugins that carry them out, and
// what is checked when they are written.

export { mutatingPolicies } from "./mutating_policies.ts";
export { type PolicyPluginOptions, validatingPolicies } from "./validating_policies.ts";
export { type ExpressionWarning, typeCheckPolicy } from "./type_check.ts";
export { checkExpression } from "./compile_expression.ts";
