// A server's API as the suites use it: JSON in, status and JSON out.

import { readKubeconfig } from "../../runtime/read_kubeconfig.ts";
import type { JsonObject } from "../../runtime/object.ts";

const ANSWER_MS_MAX = 60_000;

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly warnings: string;
  readonly body: JsonObject;
}

/** Speaks to the server of a kubeconfig as its user. */
export class Api implements Disposable {
  readonly #server: string;
  readonly #client: Deno.HttpClient;

  /** With the text of the kubeconfig. */
  constructor(kubeconfig: string) {
    const { server, authority, certificate = "", key = "" } = readKubeconfig(kubeconfig);
    this.#server = server;
    this.#client = Deno.createHttpClient({ caCerts: [authority], cert: certificate, key });
  }

  /** One request. */
  async send(
    method: string,
    path: string,
    body?: JsonObject,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.#server + path, {
      method,
      client: this.#client,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: { accept: "application/json", "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      warnings: response.headers.get("warning") ?? "",
      body: text.startsWith("{") ? JSON.parse(text) as JsonObject : { text },
    };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
