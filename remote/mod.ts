/**
 * Clusters over the wire: the `Client` that reaches a real API server.
 *
 * @module
 */

export * from "./connection.ts";
export * from "./connection_error.ts";
export * from "./flow_limiter.ts";
export * from "./https_transport.ts";
export * from "./remote_client.ts";
export * from "./transport.ts";
