/**
 * Kubernetes control planes that are not there: fake clusters for test
 * suites, each an API server in memory that unmodified clients take for a
 * real one.
 *
 * @example In a test
 * ```ts
 * import { FakeCluster } from "@capim/capim";
 *
 * await using cluster = await FakeCluster.start();
 * const { items } = await cluster.client.list({ apiVersion: "v1", resource: "namespaces" });
 * console.assert(items.some(({ metadata }) => metadata.name === "kube-system"));
 * ```
 *
 * @module
 */

export * from "./clusters/fake_cluster.ts";
export * from "./clusters/fake_fleet.ts";
export * from "./clusters/fake_management.ts";
export type { PortRange, ServingRenewal } from "./apiserver/listener/mod.ts";
export { connectedPair, type ConnectedPairOptions, type PodPorts } from "./apiserver/tunnel/mod.ts";
export type {
  Client,
  ListQuery,
  ObjectKey,
  ObjectList,
  ResourceRef,
  WatchEvent,
} from "./runtime/client.ts";
export type {
  AuditEvent,
  AuditObject,
  WebhookHandler,
  WebhookServiceReference,
  WebhookTarget,
} from "./apiserver/mod.ts";
export type { Webhook, WebhookRequest } from "./webhooks/webhook.ts";
export { type Clock, systemClock, type Timer, VirtualClock } from "./runtime/clock.ts";
export { type Random, SeededRandom, systemRandom } from "./runtime/random.ts";
export { adminUser, anonymousUser, type UserInfo } from "./runtime/user.ts";
export { type Status, StatusError } from "./runtime/status.ts";
export type { JsonObject, JsonValue, KubeObject, ObjectMeta } from "./runtime/object.ts";
