/** A small HTTP/1.1 client that sends exactly what a scenario says, with or without a client certificate. */

import * as http from "node:http";
import * as https from "node:https";
import { Buffer } from "node:buffer";
import { type Auth, type Headers, isObject, type Json } from "./types.ts";

export interface ServerAccess {
  /** Base URL, without a trailing slash. */
  url: string;
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  insecure?: boolean;
}

export interface Outgoing {
  method: string;
  path: string;
  headers: Headers;
  body?: string | undefined;
  auth: Auth;
}

export interface Incoming {
  status: number;
  headers: Record<string, string>;
  warnings: string[];
  text: string;
}

export interface StreamHandlers {
  line(text: string): void;
  end(): void;
}

export interface OpenStream {
  head: Incoming;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 15_000;

export class Client {
  readonly #access: ServerAccess;
  readonly #agents: Record<Auth, http.Agent>;

  constructor(access: ServerAccess) {
    this.#access = access;
    const shared = { keepAlive: true, maxSockets: 64, ca: access.ca, rejectUnauthorized: !access.insecure };
    const secure = access.url.startsWith("https:");
    this.#agents = {
      admin: secure
        ? new https.Agent({ ...shared, cert: access.cert, key: access.key })
        : new http.Agent({ keepAlive: true }),
      none: secure ? new https.Agent(shared) : new http.Agent({ keepAlive: true }),
    };
  }

  /** Sends one request and reads the whole response. */
  async send(outgoing: Outgoing): Promise<Incoming> {
    const { request, response } = await this.#open(outgoing);
    const timer = setTimeout(() => request.destroy(new Error("the response does not end")), REQUEST_TIMEOUT_MS);
    try {
      return head(response, await readText(response));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opens a stream of lines. The body of a response that is not 200 is read into the head instead. */
  async stream(outgoing: Outgoing, handlers: StreamHandlers): Promise<OpenStream> {
    const { request, response } = await this.#open(outgoing);
    if (response.statusCode !== 200) {
      handlers.end();
      return { head: head(response, await readText(response)), close: () => {} };
    }
    response.setEncoding("utf8");
    let rest = "";
    response.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") handlers.line(line);
    });
    response.on("end", () => handlers.end());
    response.on("error", () => handlers.end());
    request.on("error", () => handlers.end());
    return { head: head(response, ""), close: () => request.destroy() };
  }

  close(): void {
    this.#agents.admin.destroy();
    this.#agents.none.destroy();
  }

  #open(outgoing: Outgoing): Promise<{ request: http.ClientRequest; response: http.IncomingMessage }> {
    const url = new URL(this.#access.url);
    const secure = url.protocol === "https:";
    const headers: Headers = { ...outgoing.headers };
    if (outgoing.body !== undefined) headers["content-length"] = String(Buffer.byteLength(outgoing.body));
    const options: https.RequestOptions = {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || (secure ? 443 : 80),
      method: outgoing.method,
      path: url.pathname.replace(/\/$/, "") + outgoing.path,
      headers,
      agent: this.#agents[outgoing.auth],
    };
    return new Promise((resolve, reject) => {
      const request = secure ? https.request(options) : http.request(options);
      const timer = setTimeout(() => request.destroy(new Error("no response in time")), REQUEST_TIMEOUT_MS);
      request.on("response", (response: http.IncomingMessage) => {
        clearTimeout(timer);
        resolve({ request, response });
      });
      request.on("error", (error: Error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.end(outgoing.body);
    });
  }
}

function readText(response: http.IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  return new Promise((resolve, reject) => {
    let text = "";
    response.on("data", (chunk: string) => text += chunk);
    response.on("end", () => resolve(text));
    response.on("error", reject);
    response.on("close", () => reject(new Error("the response was cut off")));
  });
}

function head(response: http.IncomingMessage, text: string): Incoming {
  const headers: Record<string, string> = {};
  const warnings: string[] = [];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i]!.toLowerCase();
    if (name === "warning") warnings.push(response.rawHeaders[i + 1]!);
    else headers[name] = response.rawHeaders[i + 1]!;
  }
  return { status: response.statusCode ?? 0, headers, warnings, text };
}

/** Reads the server's address and credentials from a kubeconfig (its current context). */
export async function accessFromKubeconfig(file: string): Promise<ServerAccess> {
  const source = await Deno.readTextFile(file);
  const config = source.trimStart().startsWith("{")
    ? JSON.parse(source) as Json
    : (await import("npm:yaml@2")).parse(source) as Json;
  const named = (list: string, name: Json | undefined): Json | undefined => {
    const entries = isObject(config) ? config[list] : undefined;
    const found = Array.isArray(entries) ? entries.find((e) => isObject(e) && e.name === name) : undefined;
    return isObject(found) ? found[list.replace(/s$/, "")] : undefined;
  };
  const context = named("contexts", isObject(config) ? config["current-context"] : undefined);
  const cluster = named("clusters", isObject(context) ? context.cluster : undefined);
  const user = named("users", isObject(context) ? context.user : undefined);
  if (!isObject(cluster) || typeof cluster.server !== "string") {
    throw new Error(`${file}: no cluster in the current context`);
  }
  const material = (holder: Json | undefined, key: string): string | undefined => {
    if (!isObject(holder)) return undefined;
    const inline = holder[`${key}-data`];
    if (typeof inline === "string") return Buffer.from(inline, "base64").toString("utf8");
    const path = holder[key];
    return typeof path === "string" ? Deno.readTextFileSync(path) : undefined;
  };
  return {
    url: cluster.server.replace(/\/$/, ""),
    ca: material(cluster, "certificate-authority"),
    cert: material(user, "client-certificate"),
    key: material(user, "client-key"),
    insecure: cluster["insecure-skip-tls-verify"] === true,
  };
}
