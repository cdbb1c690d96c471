/**
 * The API server: what it is made of and how to make one.
 *
 * @module
 */

export { ApiServer, type ApiServerOptions, type Follower } from "./server.ts";
export { builtinDefinitions, builtinSchemas } from "./builtin.ts";
export { Definitions } from "./definitions.ts";
export type * from "./definition.ts";
export type * from "./request.ts";
export type * from "./admission/plugin.ts";
export type * from "./auth/types.ts";
export type * from "./http/types.ts";
export { createHttpHandler, type HttpHandlerOptions } from "./http/mod.ts";
export type { AuditEvent, AuditObject } from "./http/mod.ts";
export type { Connector, Exchange, HealthCheck, TokenIssuer } from "./http/mod.ts";
export { MemoryCeiling, type MemoryCeilingOptions } from "./http/mod.ts";
export type {
  AdmissionMetrics,
  AdmissionPass,
  WebhookCallOutcome,
} from "./admission/admission_metrics.ts";
export {
  type RequestCounts,
  RequestMetrics,
  type RequestOutcome,
  type RequestSeries,
  type Spread,
} from "./http/mod.ts";
export { Query, type RequestInfo, WarningRecorder } from "./http/mod.ts";
export {
  createSigningKey,
  type ObjectClaim,
  ServiceAccountTokens,
  type TokenContent,
} from "./auth/service_account_tokens.ts";
export type { ExpressionWarning } from "./policy/mod.ts";
export type { PolicyRule } from "./auth/policy_rule.ts";
export type { Environment } from "./registry/environment.ts";
export type { ReadObserver } from "./registry/observed_reads.ts";
export { ResourceRegistry } from "./registry/registry.ts";
export type { SubresourceHandler } from "./registry/subresources.ts";
export {
  ClusterServiceResolver,
  HttpsTransport,
  type WebhookAddress,
  type WebhookHandler,
  type WebhookRequest,
  type WebhookResponse,
  type WebhookService,
  type WebhookServiceReference,
  type WebhookServiceResolver,
  type WebhookTarget,
  type WebhookTransport,
  WebhookTransportError,
} from "./webhook/mod.ts";
export type { PodPorts } from "./tunnel/mod.ts";
export { PortForwarder, type PortForwarderOptions, type TunnelLimits } from "./tunnel/mod.ts";
