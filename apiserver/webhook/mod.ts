// Webhooks: how the server asks others, over HTTPS or in process.

export {
  plainURL,
  type WebhookClientConfig,
  type WebhookService,
  type WebhookServiceReference,
} from "./client_config.ts";
export { type WebhookHandler, WebhookHandlers, type WebhookTarget } from "./handlers.ts";
export {
  ClusterServiceResolver,
  type WebhookAddress,
  type WebhookServiceResolver,
} from "./service_resolver.ts";
export {
  HttpsTransport,
  type WebhookRequest,
  type WebhookResponse,
  type WebhookTransport,
  WebhookTransportError,
} from "./transport.ts";
export {
  type ReviewCall,
  WebhookCallError,
  WebhookClient,
  type WebhookClientOptions,
} from "./webhook_client.ts";
export { mutatingWebhooks } from "./mutating_webhooks.ts";
export { validatingWebhooks, type WebhookPluginOptions } from "./validating_webhooks.ts";
export type { Hook, HookRule, HookSpec, MatchCondition } from "./hooks.ts";
export type { MatchConditions, MatchResult } from "./match.ts";
export { matchConditions } from "./match_conditions.ts";
