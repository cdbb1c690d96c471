// The public face of the runtime: everything that needs no I/O. It adds
// nothing; each symbol is described where it is defined.

export * from "./base64.ts";
export * from "./duration.ts";
export * from "./go_text.ts";
export * from "./int_or_string.ts";
export * from "./ip.ts";
export * from "./json.ts";
export * from "./names.ts";
export * from "./quantity.ts";
export * from "./schema/mod.ts";
export * from "./selector/mod.ts";
export * from "./store/mod.ts";
export * from "./time.ts";
