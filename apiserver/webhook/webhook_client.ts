// Calls webhooks: a review goes out, a review comes back. Finds out where the
// webhook is (a function of this process, a URL or a service), watches the
// time and words failures as the real server does.
// Source: k8s.io/apiserver util/webhook and k8s.io/client-go/rest.

import type { Clock } from "../../runtime/clock.ts";
import { JsonNumberError, JsonSyntaxError, parseJson, stringifyJson } from "../../runtime/json.ts";
import { goQuote } from "../../runtime/go_text.ts";
import { clone, type JsonObject, type JsonValue, parseApiVersion } from "../../runtime/object.ts";
import { readYaml, YamlSyntaxError } from "../../runtime/yaml/read_yaml.ts";
import { endpointOf, type WebhookClientConfig, type WebhookEndpoint } from "./client_config.ts";
import type { WebhookHandlers } from "./handlers.ts";
import { responseProblem } from "./response_problem.ts";
import type { WebhookServiceResolver } from "./service_resolver.ts";
import { type WebhookResponse, type WebhookTransport, WebhookTransportError } from "./transport.ts";

const UNREADABLE = "couldn't get version/kind; json parse error:";
const TYPE_META =
  `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
const REVIEW_VERSIONS: ReadonlySet<string> = new Set(["v1", "v1beta1"]);

/** What a {@linkcode WebhookClient} works with. */
export interface WebhookClientOptions {
  /** Reaches webhooks. */
  readonly transport: WebhookTransport;
  /** Finds the services behind webhooks. */
  readonly resolver: WebhookServiceResolver;
  /** Webhooks that are functions of this process. */
  readonly handlers: WebhookHandlers;
  /** Tells when the time is up. */
  readonly clock: Clock;
}

/** A review that is sent. */
export interface ReviewCall {
  /** Whom to ask. */
  readonly config: WebhookClientConfig;
  /** `AdmissionReview` or `ConversionReview` with its request. */
  readonly review: JsonObject;
  /** How long the webhook may take; it is told. */
  readonly timeout_seconds: number;
  /** What is said when the time is up. */
  readonly expired: string;
}

/** A call that failed. The message is that of the real server's client. */
export class WebhookCallError extends Error {
  /** Nothing has been sent: the settings are wrong. */
  readonly beforeSending: boolean;

  /** With that message. */
  constructor(message: string, beforeSending = false) {
    super(message);
    this.name = "WebhookCallError";
    this.beforeSending = beforeSending;
  }
}

/** Sends reviews to webhooks. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #endpoints = new WeakMap<WebhookClientConfig, WebhookEndpoint>();

  /** Sends them that way. */
  constructor(options: WebhookClientOptions) {
    this.#options = options;
  }

  /** Lets go of connections. */
  close(): void {
    this.#options.transport.close();
  }

  /** The review that the webhook answers with. Throws {@linkcode WebhookCallError}. */
  async call(call: ReviewCall): Promise<JsonObject> {
    const endpoint = this.#endpoint(call.config);
    const handler = this.#options.handlers.find(endpoint.url);
    const url = `${endpoint.url}?timeout=${call.timeout_seconds}s`;
    const limit = new AbortController();
    const timer = this.#options.clock.after(call.timeout_seconds * 1000, () => limit.abort(), {
      background: true,
    });
    try {
      return handler === undefined
        ? await this.#send(endpoint, url, call, limit.signal)
        : await inTime(answerInProcess(handler, call.review), limit.signal);
    } catch (error) {
      if (limit.signal.aborted) throw posted(url, call.expired);
      if (error instanceof WebhookTransportError) throw posted(url, error.message);
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #endpoint(config: WebhookClientConfig): WebhookEndpoint {
    let endpoint = this.#endpoints.get(config);
    if (endpoint === undefined) this.#endpoints.set(config, endpoint = endpointOf(config));
    return endpoint;
  }

  async #send(
    { service, authorities }: WebhookEndpoint,
    url: string,
    { review }: ReviewCall,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    if (authorities !== "" && !authorities.includes("-----BEGIN CERTIFICATE-----")) {
      throw new WebhookCallError(
        "unable to load root certificates: unable to parse bytes as PEM block",
        true,
      );
    }
    const { transport, resolver } = this.#options;
    const address = service === undefined ? undefined : await resolver.resolve(service);
    const response = await transport.post({
      url,
      ...(address === undefined ? {} : { address }),
      authorities,
      body: stringifyJson(review),
      signal,
    });
    return await decodeReview(response, review);
  }
}

function posted(url: string, why: string): WebhookCallError {
  return new WebhookCallError(`Post ${JSON.stringify(url)}: ${why}`);
}

/** The answer, unless the time is up first. */
function inTime<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    answer.then(resolve, reject);
  });
}

async function answerInProcess(
  handler: NonNullable<ReturnType<WebhookHandlers["find"]>>,
  { apiVersion, kind, request }: JsonObject,
): Promise<JsonObject> {
  const asked = request as JsonObject;
  let response: JsonObject;
  try {
    response = await handler(clone(asked));
  } catch (error) {
    throw new WebhookCallError(responseProblem(500, (error as Error).message));
  }
  return { apiVersion, kind, response: { uid: asked.uid, ...clone(response) } };
}

/** The review in a response. Webhooks may leave out its kind, but not claim to be of another. */
async function decodeReview(response: WebhookResponse, review: JsonObject): Promise<JsonObject> {
  const { status, contentType, body } = response;
  if (status < 200 || status > 206) {
    throw new WebhookCallError(statusMessage(body) ?? errorOf(response));
  }
  if (body === "") {
    const type = contentType === "" ? "application/json" : contentType;
    throw new WebhookCallError(
      `0-length response with status code: ${status} and content type: ${type}`,
    );
  }
  const answer = await parse(body);
  const problem = kindProblem(answer, review);
  if (problem !== undefined) throw new WebhookCallError(problem);
  return answer;
}

/** Reviews may leave out their kind, but not be something else. */
function kindProblem(answer: JsonObject, review: JsonObject): string | undefined {
  const { apiVersion = "", kind = "" } = answer as { apiVersion?: string; kind?: string };
  const [expectedVersion, expectedKind] = [review.apiVersion as string, review.kind as string];
  if (
    (kind || expectedKind) === expectedKind && (apiVersion || expectedVersion) === expectedVersion
  ) {
    return undefined;
  }
  const expected = parseApiVersion(expectedVersion);
  const got = parseApiVersion(apiVersion);
  const isReview = kind === expectedKind && got.group === expected.group &&
    REVIEW_VERSIONS.has(got.version);
  if (isReview || (kind === "Status" && apiVersion === "v1")) {
    return `converting (${got.version}.${kind}) to (${expected.version}.${expectedKind}): unknown conversion`;
  }
  return `no kind ${goQuote(kind)} is registered for version ${
    goQuote(apiVersion)
  } in scheme "pkg/runtime/scheme.go:111"`;
}

function errorOf({ status, contentType, body }: WebhookResponse): string {
  const isText = contentType === "" || contentType.startsWith("text/");
  return responseProblem(status, isText ? body.slice(0, 2048).trim() : "unknown");
}

async function parse(body: string): Promise<JsonObject> {
  const value = await readBody(body);
  if (value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value;
  const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  throw new WebhookCallError(
    `${UNREADABLE} json: cannot unmarshal ${type} into Go value of type ${TYPE_META}`,
  );
}

/** JSON, or YAML: the decoders of reviews take either. */
async function readBody(body: string): Promise<JsonValue> {
  try {
    return parseJson(body, { strict: false }).value;
  } catch (error) {
    if (error instanceof JsonNumberError) {
      throw new WebhookCallError(`${UNREADABLE} ${error.message}`);
    }
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  try {
    return (await readYaml(body)).value;
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw new WebhookCallError(`${UNREADABLE} ${error.message}`);
  }
}

/** A Status that tells of a failure says it better than its code. */
function statusMessage(body: string): string | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const { kind = "Status", status, message } = value;
  if (kind !== "Status" || status === "Success" || status === undefined) return undefined;
  return typeof message === "string" ? message : "";
}
