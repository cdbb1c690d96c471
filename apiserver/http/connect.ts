// Subresources that are conversations rather than objects: terminals, ports,
// logs and proxies. Who holds them is not this folder's business.

import type { Target } from "../request.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpResponse } from "./types.ts";

/** The subresources that a {@linkcode Connector} serves. */
export const CONNECTED: ReadonlySet<string> = new Set([
  "attach",
  "exec",
  "log",
  "portforward",
  "proxy",
]);

/** Serves the subresources that are no objects. Failures are thrown as `StatusError`s. */
export interface Connector {
  /** Answers one request. */
  connect(exchange: Exchange, target: Target): Promise<HttpResponse>;
}

/** A connector that is made by the first request. */
export function deferredConnector(make: () => Promise<Connector>): Connector {
  let made: Promise<Connector> | undefined;
  return {
    async connect(exchange, target) {
      made ??= make();
      return (await made).connect(exchange, target);
    },
  };
}
