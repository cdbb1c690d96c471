/**
 * SPDY/3.1: streams over one connection, as Kubernetes' clients want them for
 * port forwarding.
 *
 * @module
 */

export * from "./headers.ts";
export * from "./spdy_connection.ts";
export * from "./spdy_error.ts";
export * from "./spdy_stream.ts";
