/**
 * A cluster's own address: a TLS listener with optional client certificates
 * over an `HttpHandler`, and the ports that listeners use.
 *
 * @module
 */

export * from "./held_port.ts";
export * from "./lazy_listener.ts";
export * from "./listener.ts";
export * from "./path_front.ts";
export * from "./port_pool.ts";
export * from "./server_name_front.ts";
