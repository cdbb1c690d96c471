// OpenAPI documents of what a cluster serves.

import type { Definitions } from "../definitions.ts";
import type { Exchange } from "../http/exchange.ts";
import { PageNotFound } from "../http/route.ts";
import type { HttpResponse } from "../http/types.ts";

/** The OpenAPI of one cluster. */
export class OpenApi {
  readonly #definitions: Definitions;

  /** Over what the cluster serves. */
  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** The paths that `/` lists. */
  paths(): string[] {
    return this.#definitions.generation < 0 ? [] : ["/openapi/v3"];
  }

  /** Answers one request. */
  serve(_exchange: Exchange): HttpResponse {
    throw new PageNotFound();
  }
}
