// Many clusters on one port, told apart by how the path begins:
// /clusters/NAMESPACE/NAME/api… For clients behind HTTP proxies, which end
// TLS: neither the server name nor a client certificate gets past those, so
// such clients bring a token. Those that come directly may show a client
// certificate; whose it must be is known only once the path is.
// Source: client-go takes a path in a kubeconfig's server for a prefix.

import type { Clock } from "../../runtime/clock.ts";
import { ClientTrust } from "../../runtime/pki/mod.ts";
import { StatusError } from "../../runtime/status.ts";
import { respondStatus, respondText } from "../http/respond.ts";
import type {
  Carrier,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  PeerCertificate,
  ShownCertificate,
} from "../http/types.ts";

const PATH = /^\/clusters\/([^/?]+)\/([^/?]+)(.*)$/s;
/** What proxies ask a server that they send requests to. */
const HEALTH_PATHS = new Set(["/healthz", "/livez", "/readyz"]);

/** Where a cluster's paths begin: no slash at the end. */
export function pathOf(namespace: string, name: string): string {
  return `/clusters/${namespace}/${name}`;
}

/** Sends requests to the cluster that their path names. */
export class PathFront implements HttpHandler {
  readonly #clock: Clock;
  readonly #routes = new Map<string, PathRoute>();

  /** `clock` tells which client certificates are still good. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Serves that cluster, until its route is closed. `authorities`: PEM, of its client certificates. */
  add(
    namespace: string,
    name: string,
    handler: HttpHandler,
    authorities: readonly string[],
  ): PathRoute {
    const key = `${namespace}/${name}`;
    const route = new PathRoute(handler, authorities, this.#clock, () => {
      if (this.#routes.get(key) === route) this.#routes.delete(key);
    });
    this.#routes.set(key, route);
    return route;
  }

  /** See {@linkcode HttpHandler}. */
  handle(request: HttpRequest): Promise<HttpResponse> {
    const [, namespace, name, rest = ""] = PATH.exec(request.target) ?? [];
    if (namespace === undefined || !(rest === "" || rest[0] === "/" || rest[0] === "?")) {
      return Promise.resolve(ownAnswer(request));
    }
    const route = this.#routes.get(`${namespace}/${name}`);
    if (route !== undefined) return route.handle(request, rest[0] === "/" ? rest : `/${rest}`);
    return Promise.resolve(
      refusal(request, `no cluster is served at "${pathOf(namespace, name ?? "")}"`),
    );
  }
}

/** One cluster's part of the paths. */
export class PathRoute {
  readonly #handler: HttpHandler;
  readonly #trust: ClientTrust;
  readonly #clock: Clock;
  readonly #closed: () => void;
  /** What carries answers that are not over. */
  readonly #open = new Set<Carrier>();
  #over = false;
  /** Which certificates of connections were believed, and until when that need not be asked again. */
  readonly #believed = new WeakMap<Uint8Array, { until_ms: number; good: boolean }>();

  /** @internal */
  constructor(
    handler: HttpHandler,
    authorities: readonly string[],
    clock: Clock,
    closed: () => void,
  ) {
    this.#handler = handler;
    this.#trust = new ClientTrust(authorities);
    this.#clock = clock;
    this.#closed = closed;
  }

  /** How many requests are not over. */
  get requests(): number {
    return this.#open.size;
  }

  /** Answers a request whose path in the cluster is `target`. */
  async handle(request: HttpRequest, target: string): Promise<HttpResponse> {
    const { carrier } = request;
    const inner = new RoutedRequest(request, target, this.#believe(request.certificateShown));
    if (carrier !== undefined) this.#open.add(carrier);
    const answer = await this.#handler.handle(inner);
    if (carrier === undefined) return answer;
    const whole = answer.body === undefined || answer.body instanceof Uint8Array;
    if (answer.upgrade === undefined && whole) this.#open.delete(carrier);
    else if (this.#over) carrier.destroy();
    else carrier.once("close", () => this.#open.delete(carrier));
    return answer;
  }

  /** Serves nobody any more and cuts what is under way. */
  close(): void {
    this.#over = true;
    this.#closed();
    for (const carrier of this.#open) carrier.destroy();
    this.#open.clear();
  }

  #believe(shown: ShownCertificate | undefined): PeerCertificate | undefined {
    if (shown === undefined) return undefined;
    const { der, ...certificate } = shown;
    const now_ms = this.#clock.now();
    let known = this.#believed.get(der);
    if (known === undefined || now_ms >= known.until_ms) {
      known = { until_ms: now_ms + TRUST_MS, good: this.#trust.believes(der, now_ms) };
      this.#believed.set(der, known);
    }
    return known.good ? certificate : undefined;
  }
}

/** Checking a signature costs as much as many a request. */
const TRUST_MS = 60_000;

/** The request as the cluster sees it. */
class RoutedRequest implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: HttpRequest["headers"];
  readonly certificate?: PeerCertificate;
  readonly certificateRefused?: boolean;
  readonly remoteAddress: string;
  readonly localAddress?: string;
  readonly upgradable?: boolean;
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, target: string, certificate: PeerCertificate | undefined) {
    this.#request = request;
    this.method = request.method;
    this.target = target;
    this.headers = request.headers;
    this.remoteAddress = request.remoteAddress;
    if (request.localAddress !== undefined) this.localAddress = request.localAddress;
    if (request.upgradable !== undefined) this.upgradable = request.upgradable;
    if (certificate !== undefined) this.certificate = certificate;
    else if (request.certificateRefused === true) this.certificateRefused = true;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  body(limit: number): Promise<Uint8Array> {
    return this.#request.body(limit);
  }
}

/** What is asked of the port itself. */
function ownAnswer(request: HttpRequest): HttpResponse {
  const [path = ""] = request.target.split("?", 1);
  if (HEALTH_PATHS.has(path)) return respondText(200, "ok");
  return refusal(request, `clusters are served below "${pathOf("NAMESPACE", "NAME")}"`);
}

function refusal({ headers }: HttpRequest, why: string): HttpResponse {
  const { status } = new StatusError(404, "NotFound", why);
  return respondStatus(status, headers["accept"], false);
}
