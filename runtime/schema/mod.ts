// The schema tree and everything that walks it: compiling built-in kinds and
// custom resources into it, decoding, pruning, defaulting and validating.

export * from "./coerce.ts";
export * from "./decode.ts";
export * from "./defaults.ts";
export * from "./node.ts";
export * from "./openapi.ts";
export * from "./openapi_facts.ts";
export * from "./prune.ts";
export * from "./strict.ts";
export * from "./structural.ts";
export * from "./validate.ts";
