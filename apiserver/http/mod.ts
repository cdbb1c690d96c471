// The API over HTTP, without sockets: requests in, responses out.

export { createHttpHandler, type HttpHandlerOptions } from "./handler.ts";
export type { AuditEvent, AuditObject } from "./audit.ts";
export type { Connector } from "./connect.ts";
export { contextOf, type Exchange } from "./exchange.ts";
export { fetchAdapter, type FetchOptions } from "./fetch.ts";
export type { HealthCheck, TokenIssuer } from "./non_resource.ts";
export { MemoryCeiling, type MemoryCeilingOptions } from "./memory_ceiling.ts";
export {
  type RequestCounts,
  RequestMetrics,
  type RequestOutcome,
  type RequestSeries,
  type Spread,
} from "./metrics.ts";
export { NoKubelet } from "./no_kubelet.ts";
export { Query } from "./query.ts";
export { type RequestInfo, requestInfo } from "./request_info.ts";
export type * from "./types.ts";
export { WarningRecorder } from "./warnings.ts";
