/**
 * What a controller process serves beside its clusters: probes, metrics,
 * debugging, webhooks.
 *
 * @module
 */

export * from "./access_review.ts";
export * from "./certificate_files.ts";
export * from "./debug_api.ts";
export * from "./diagnostics.ts";
export * from "./http_server.ts";
export * from "./probes.ts";
export * from "./process_metrics.ts";
export * from "./profiler.ts";
export * from "./reachable.ts";
export * from "./reviews.ts";
export * from "./tls_settings.ts";
export * from "./webhook_metrics.ts";
