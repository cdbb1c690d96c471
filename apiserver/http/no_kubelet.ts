// What `log`, `exec`, `attach`, `portforward` and `proxy` answer when there
// is nothing behind them to talk to: the checks that come first, and then
// that nobody is there. Source: k8s.io/kubernetes/pkg/registry/core/pod
// strategy.go (LogLocation, streamLocation) and k8s.io/apimachinery
// pkg/util/proxy.

import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { badRequest, notFound, StatusError } from "../../runtime/status.ts";
import type { Definitions } from "../definitions.ts";
import type { Registry, RequestContext, Target } from "../request.ts";
import type { Connector } from "./connect.ts";
import { contextOf, type Exchange } from "./exchange.ts";
import type { Query } from "./query.ts";
import type { HttpResponse } from "./types.ts";

const KUBELET_PORT = 10250;
// In the order in which kube-apiserver would try them.
const ADDRESS_TYPES = ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"];

/** Answers for kubelets and pods that do not exist. */
export class NoKubelet implements Connector {
  readonly #registry: Registry;
  readonly #definitions: Definitions;

  /** Looks pods and nodes up in the registry. */
  constructor(options: { registry: Registry; definitions: Definitions }) {
    this.#registry = options.registry;
    this.#definitions = options.definitions;
  }

  /** Answers one request. */
  async connect(exchange: Exchange, target: Target): Promise<HttpResponse> {
    const { definition, namespace, name, subresource } = target;
    const context = contextOf(exchange);
    const parent = { definition, namespace, name };
    const { object } = await this.#registry.get(context, parent, "");
    if (definition.resource === "services") throw noEndpoints(name);
    if (definition.resource === "nodes") throw unreachable(object);
    if (subresource?.name === "proxy") throw badRequest("address not allowed");
    if (subresource?.name !== "portforward") checkContainer(object, exchange.info.query);
    const host = (object["spec"] as JsonObject | undefined)?.["nodeName"];
    if (typeof host !== "string" || host === "") {
      // An unscheduled pod has said nothing yet.
      if (subresource?.name === "log") return { status: 204, headers: {} };
      throw badRequest(`pod ${name} does not have a host assigned`);
    }
    throw unreachable(await this.#node(context, host));
  }

  async #node(context: RequestContext, name: string): Promise<KubeObject> {
    const definition = this.#definitions.lookup("", "v1", "nodes");
    try {
      if (definition !== undefined) {
        return (await this.#registry.get(context, { definition, namespace: "", name }, "")).object;
      }
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
    // The real server says so of the node: it passes the pod's error on.
    throw notFound({ group: "", resource: "pods" }, name);
  }
}

function noEndpoints(service: string): StatusError {
  return new StatusError(
    503,
    "ServiceUnavailable",
    `no endpoints available for service "${service}"`,
  );
}

function namesOf(pod: KubeObject, list: string): string[] {
  const containers = (pod["spec"] as JsonObject | undefined)?.[list];
  return Array.isArray(containers)
    ? containers.map((container) => String((container as JsonObject)["name"]))
    : [];
}

/** Only pods with one container need not say which. */
function checkContainer(pod: KubeObject, query: Query): void {
  const asked = query.get("container");
  const containers = namesOf(pod, "containers");
  const init = namesOf(pod, "initContainers");
  const name = pod.metadata.name ?? "";
  if (asked !== "") {
    const known = [...containers, ...init, ...namesOf(pod, "ephemeralContainers")];
    if (known.includes(asked)) return;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (containers.length === 1) return;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: ` +
      `[${containers.join(" ")}]` +
      (init.length === 0 ? "" : ` or one of the init containers: [${init.join(" ")}]`),
  );
}

function unreachable(node: KubeObject): StatusError {
  const status = node["status"] as JsonObject | undefined;
  const addresses = (status?.["addresses"] ?? []) as { type: string; address: string }[];
  for (const type of ADDRESS_TYPES) {
    const found = addresses.find((address) => address.type === type);
    if (found === undefined) continue;
    const message = `error dialing backend: dial tcp ${found.address}:${KUBELET_PORT}: ` +
      "connect: connection refused";
    return new StatusError(500, "", message);
  }
  const shown = addresses.map(({ address, type }) => `{${type} ${address}}`).join(" ");
  return new StatusError(500, "", `no preferred addresses found; known addresses: [${shown}]`);
}
