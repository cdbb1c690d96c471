// The `portforward` subresource of pods: what the API server checks, what a
// kubelet answers, and the upgrade to SPDY, SPDY inside a WebSocket, or the
// channels of a WebSocket. Everything else that wants a kubelet goes on to
// the next connector. Source: k8s.io/kubernetes/pkg/registry/core/pod/rest,
// pkg/kubelet/server, k8s.io/apiserver/pkg/util/proxy streamtunnel.go.

import type { Duplex } from "node:stream";
import type { Clock } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { badRequest } from "../../runtime/status.ts";
import type { Registry, Target } from "../request.ts";
import type { Connector } from "../http/connect.ts";
import { contextOf, type Exchange } from "../http/exchange.ts";
import { respondText } from "../http/respond.ts";
import type { HttpRequest, HttpResponse } from "../http/types.ts";
import { CHANNEL_PROTOCOLS, serveChannels } from "./channel_session.ts";
import { negotiateSpdy, SPDY, TUNNEL_PREFIX } from "./negotiate.ts";
import type { PodPorts } from "./pod_ports.ts";
import { portsOf } from "./port_parameters.ts";
import { serveSpdy, type TunnelLimits } from "./spdy_session.ts";
import { Turns } from "./turns.ts";
import {
  acceptHeaders,
  handshakeFault,
  isUpgradeRequest,
  isWebSocketRequest,
  offeredProtocols,
} from "./websocket/handshake.ts";
import { WebSocketConnection } from "./websocket/web_socket.ts";
import { WebSocketDuplex } from "./websocket/web_socket_duplex.ts";

/** Options of a {@linkcode PortForwarder}. */
export interface PortForwarderOptions {
  /** Where pods are read. */
  readonly registry: Registry;
  /** What listens in pods. */
  readonly ports: PodPorts;
  /** Times tunnels. */
  readonly clock: Clock;
  /** Serves all other subresources. */
  readonly next: Connector;
  /** Default: 4 hours without a byte, 512 streams, 30 seconds from an error stream to its data stream. */
  readonly limits?: Partial<TunnelLimits>;
}

const LIMITS: TunnelLimits = { idle_ms: 4 * 3_600_000, streams_max: 512, pair_ms: 30_000 };
// Clients open their first stream at once, or (kubectl) not before they have something to say.
const TURN_MS = 100;
const TURNS_WAITING_MAX = 16;
const encoder = new TextEncoder();

/** Forwards ports. */
export class PortForwarder implements Connector {
  readonly #options: PortForwarderOptions;
  readonly #limits: TunnelLimits;
  /** Of those who open a tunnel to a pod. */
  readonly #turns: Turns;

  /** In front of another connector. */
  constructor(options: PortForwarderOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const { clock } = options;
    this.#turns = new Turns({ clock, turn_ms: TURN_MS, waiting_max: TURNS_WAITING_MAX });
  }

  /** Answers one request. */
  async connect(exchange: Exchange, target: Target): Promise<HttpResponse> {
    const { definition, namespace, name, subresource } = target;
    if (definition.resource !== "pods" || subresource?.name !== "portforward") {
      return await this.#options.next.connect(exchange, target);
    }
    const { request } = exchange;
    const found = { definition, namespace, name };
    const { object: pod } = await this.#options.registry.get(contextOf(exchange), found, "");
    if (!((pod["spec"] as JsonObject | undefined)?.["nodeName"])) {
      throw badRequest(`pod ${name} does not have a host assigned`);
    }
    if (!isUpgradeRequest(request) || request.upgradable !== true) {
      throw badRequest("Upgrade request required");
    }
    return isWebSocketRequest(request)
      ? this.#webSocket(exchange, pod)
      : await this.#plainSpdy(request, pod);
  }

  /** What a kubelet answers when nothing of the pod runs. */
  #absent({ metadata: { name, namespace }, ...pod }: KubeObject): HttpResponse | undefined {
    if (pod["status"]?.phase === "Running") return undefined;
    return respondText(500, `pod not found ("${name}_${namespace}")`);
  }

  #webSocket({ request, info }: Exchange, pod: KubeObject): HttpResponse {
    const offered = offeredProtocols(request);
    const tunnelled = offered.filter((one) =>
      one.startsWith(TUNNEL_PREFIX) && one.endsWith(".k8s.io")
    );
    if (tunnelled.length > 0) return this.#tunnel(request, tunnelled, pod);
    const ports = portsOf(info.query);
    if (typeof ports === "string") return respondText(400, ports);
    const absent = this.#absent(pod);
    if (absent !== undefined) return absent;
    const fault = handshakeFault(request);
    if (fault !== undefined) return REFUSALS[fault];
    const protocol = (offered.length === 0 ? [""] : offered)
      .find((one) => CHANNEL_PROTOCOLS.has(one));
    if (protocol === undefined) return { status: 403, headers: {} };
    const codec = CHANNEL_PROTOCOLS.get(protocol) as "binary" | "base64";
    const { ports: listeners, clock } = this.#options;
    return {
      status: 101,
      headers: acceptHeaders(request, protocol),
      upgrade: (socket, head) => {
        const options = { ports: listeners, pod, clock };
        const connection = new WebSocketConnection(socket, head);
        void serveChannels(connection, ports, codec, options, this.#limits);
      },
    };
  }

  /** SPDY within the binary messages of a WebSocket. */
  #tunnel(request: HttpRequest, offered: readonly string[], pod: KubeObject): HttpResponse {
    if (handshakeFault(request) !== undefined) return respondText(400, "Bad Request\n");
    const versions = offered.map((one) => one.slice(TUNNEL_PREFIX.length)).join(",");
    const inner: HttpRequest = { ...request, headers: { ...request.headers, upgrade: SPDY } };
    const answer = this.#spdy(
      inner,
      versions,
      pod,
      (socket, head) => new WebSocketDuplex(new WebSocketConnection(socket, head)),
    );
    if (answer.status !== 101) return answer;
    const protocol = TUNNEL_PREFIX + answer.headers["x-stream-protocol-version"];
    return { ...answer, headers: acceptHeaders(request, protocol) };
  }

  /** The next tunnel to the pod waits until this one is in use. */
  async #plainSpdy(request: HttpRequest, pod: KubeObject): Promise<HttpResponse> {
    const inUse = await this.#turns.take(pod.metadata.uid ?? "");
    const versions = request.headers["x-stream-protocol-version"];
    const answer = this.#spdy(request, versions, pod, (socket) => socket, inUse);
    if (answer.status !== 101) inUse();
    return answer;
  }

  #spdy(
    request: HttpRequest,
    versions: string | undefined,
    pod: KubeObject,
    wrap: (socket: Duplex, head: Uint8Array) => Duplex,
    inUse?: () => void,
  ): HttpResponse {
    const absent = this.#absent(pod);
    if (absent !== undefined) return absent;
    const answer = negotiateSpdy(request, versions);
    if (answer.status !== 101) return answer;
    const { ports, clock } = this.#options;
    return {
      ...answer,
      upgrade: (socket, head) => {
        const transport = wrap(socket, head);
        const rest = transport === socket ? head : NOTHING;
        serveSpdy(transport, rest, { ports, pod, clock }, this.#limits, inUse);
      },
    };
  }
}

const NOTHING = new Uint8Array(0);

/** What golang.org/x/net/websocket answers to requests that are none of its own. */
const REFUSALS: Readonly<Record<"method" | "key" | "version", HttpResponse>> = {
  method: { status: 405, headers: {}, body: encoder.encode("bad method") },
  key: { status: 400, headers: {}, body: encoder.encode("mismatch challenge/response") },
  version: {
    status: 400,
    headers: { "sec-websocket-version": "13" },
    body: encoder.encode("missing or bad WebSocket Version"),
  },
};
