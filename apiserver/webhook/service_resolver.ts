// Where the service behind a webhook really is. What kube-apiserver and
// kube-proxy do together: the service's address, and behind it one of the
// endpoints that are ready.
// Source: k8s.io/apiserver util/proxy/proxy.go and kube-aggregator
// apiserver/resolvers.go.

import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import type { Random } from "../../runtime/random.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { WebhookService } from "./client_config.ts";
import { WebhookTransportError } from "./transport.ts";

/** A host and a port to connect to. */
export interface WebhookAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/** Finds services. Throws {@linkcode WebhookTransportError} when there is no way to one. */
export interface WebhookServiceResolver {
  /** Where to connect to. */
  resolve(service: WebhookService): WebhookAddress | Promise<WebhookAddress>;
}

/** Finds services by what the cluster says of them. */
export class ClusterServiceResolver implements WebhookServiceResolver {
  readonly #store: Store;
  readonly #random: Random;

  /** Reads services and endpoint slices of that store. */
  constructor(store: Store, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  /** The address of an endpoint that is ready. */
  resolve({ namespace, name, port }: WebhookService): WebhookAddress {
    const service = this.#store.get("/services", `${namespace}/${name}`)?.object;
    if (service === undefined) throw new WebhookTransportError(`service "${name}" not found`);
    const { type = "ClusterIP", clusterIP = "", externalName = "" } = service.spec ?? {};
    if (type === "ExternalName") return { host: externalName, port };
    if (clusterIP === "None") {
      throw new WebhookTransportError('cannot route to service with ClusterIP "None"');
    }
    const servicePort = (service.spec?.ports ?? []).find((entry: JsonObject) =>
      entry.port === port
    );
    if (servicePort === undefined) {
      throw new WebhookTransportError(`no service port ${port} found for service "${name}"`);
    }
    const found = this.#endpoint(service, servicePort.name ?? "");
    if (found !== undefined) return found;
    // Nobody is behind the address: the node refuses the connection.
    const address = clusterIP.includes(":") ? `[${clusterIP}]` : clusterIP;
    throw new WebhookTransportError(`dial tcp ${address}:${port}: connect: connection refused`);
  }

  #endpoint(service: KubeObject, portName: string): WebhookAddress | undefined {
    const { namespace = "", name = "" } = service.metadata;
    const ready: WebhookAddress[] = [];
    const { entries } = this.#store.list("discovery.k8s.io/endpointslices", { namespace });
    for (const { object } of entries) {
      if (object.metadata.labels?.["kubernetes.io/service-name"] !== name) continue;
      const port = (object.ports ?? []).find((entry: JsonObject) => (entry.name ?? "") === portName)
        ?.port;
      if (port === undefined) continue;
      for (const { addresses, conditions } of object.endpoints ?? []) {
        if (conditions?.ready !== false) ready.push({ host: addresses[0], port });
      }
    }
    return ready[Math.floor(this.#random.next() * ready.length)];
  }
}
