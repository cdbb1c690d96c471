// The `ports` that a WebSocket request wants forwarded. Source:
// k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go NewV4Options.

import type { Query } from "../http/query.ts";

// A channel's number is one byte, and a port takes two channels.
const PORTS_MAX = 127;

/** The ports, or why they are none. Several parameters count, and several ports in one. */
export function portsOf(query: Query): number[] | string {
  const values = query.all("port");
  if (values.length === 0) return 'query parameter "port" is required';
  const ports: number[] = [];
  for (const value of values) {
    if (value === "") return 'query parameter "port" cannot be empty';
    for (const part of value.split(",")) {
      const fault = faultOf(part);
      if (fault !== undefined) {
        const inner = `strconv.ParseUint: parsing ${JSON.stringify(part)}: ${fault}`;
        return `unable to parse ${JSON.stringify(value)} as a port: ${inner}`;
      }
      if (Number(part) < 1) return `port ${JSON.stringify(value)} must be > 0`;
      ports.push(Number(part));
    }
  }
  return ports.length > PORTS_MAX ? `at most ${PORTS_MAX} ports can be forwarded` : ports;
}

function faultOf(text: string): string | undefined {
  if (!/^[0-9]+$/.test(text)) return "invalid syntax";
  return Number(text) > 0xffff ? "value out of range" : undefined;
}
