// The public face of the runtime: everything that needs no I/O. It adds
// nothing; each symbol is described where it is defined.

export * from "./base64.ts";
export * from "./bootstrap_token.ts";
export * from "./client.ts";
export * from "./clock.ts";
export * from "./duration.ts";
export * from "./field/error.ts";
export * from "./go_text.ts";
export * from "./int_or_string.ts";
export * from "./ip.ts";
export * from "./json.ts";
export * from "./kubeconfig.ts";
export * from "./read_kubeconfig.ts";
export * from "./label_value.ts";
export * from "./log.ts";
export * from "./metrics/mod.ts";
export * from "./name_template.ts";
export * from "./names.ts";
export * from "./object.ts";
export * from "./owner.ts";
export * from "./pki/mod.ts";
export * from "./quantity.ts";
export * from "./random.ts";
export * from "./reconcile/mod.ts";
export * from "./schema/mod.ts";
export * from "./selector/mod.ts";
export * from "./semantic_version.ts";
export * from "./status.ts";
export * from "./store/mod.ts";
export * from "./time.ts";
export * from "./user.ts";
