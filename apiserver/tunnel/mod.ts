/**
 * Tunnels to pods that are not there: port forwarding over SPDY/3.1 and
 * WebSockets.
 *
 * @module
 */

export { connectedPair, type ConnectedPairOptions } from "./connected_pair.ts";
export type { PodPorts } from "./pod_ports.ts";
export { PortForwarder, type PortForwarderOptions } from "./port_forwarder.ts";
export type { TunnelLimits } from "./spdy_session.ts";
