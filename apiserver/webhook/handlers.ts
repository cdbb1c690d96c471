// Webhooks that are functions of this process: what a test suite registers
// instead of starting a server with certificates.

import type { JsonObject } from "../../runtime/object.ts";
import { plainURL, serviceURL, type WebhookServiceReference } from "./client_config.ts";

/**
 * Answers the `request` of a review with the `response`. The review's kind
 * and the request's uid are filled in. What it throws reaches the server as
 * the text of a response with status 500.
 */
export type WebhookHandler = (request: JsonObject) => JsonObject | Promise<JsonObject>;

/** Whom a function stands in for: the URL of a `clientConfig`, or its service. */
export type WebhookTarget = string | WebhookServiceReference;

/** The functions that stand in for webhooks. */
export class WebhookHandlers {
  readonly #handlers = new Map<string, WebhookHandler>();

  /** Answers calls to `target` with `handler` from now on; gives back how to stop that. */
  register(target: WebhookTarget, handler: WebhookHandler): () => void {
    const url = typeof target === "string" ? plainURL(target) : serviceURL(target);
    this.#handlers.set(url, handler);
    return () => {
      if (this.#handlers.get(url) === handler) this.#handlers.delete(url);
    };
  }

  /** The function for an endpoint's URL. */
  find(url: string): WebhookHandler | undefined {
    return this.#handlers.size === 0 ? undefined : this.#handlers.get(url);
  }
}
