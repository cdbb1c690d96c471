/** Runs one scenario against a server and tells what each step observed, already normalised. */

import { Client, type Incoming, type OpenStream } from "./client.ts";
import { normalise, normaliseText } from "./normalise.ts";
import { get, getAll, remove } from "./path.ts";
import {
  type CollectStep,
  type Expectation,
  type Headers,
  isObject,
  type Json,
  type JsonObject,
  type RequestStep,
  type Scenario,
  type Step,
  type Until,
  type WatchStep,
} from "./types.ts";

/** What one comparable step observed; `step` is the object in the scenario. */
export interface Observation {
  step: RequestStep | WatchStep | CollectStep;
  title: string;
  /** An Expectation, or the list of events of a collect step. */
  actual?: Json;
  error?: string;
}

/** Managed fields are attributed to the first part of this. */
const USER_AGENT = "oracle/1.0";
const COMPARED_HEADERS = ["content-type", "location", "retry-after", "www-authenticate", "allow"];
const RETRY_PAUSE_MS = 100;

interface OpenWatch {
  stream?: OpenStream;
  events: Json[];
  ended: boolean;
  changed: () => void;
}

export async function runScenario(scenario: Scenario, client: Client): Promise<Observation[]> {
  const run = new Run(client);
  const observations: Observation[] = [];
  const source = JSON.stringify(scenario);
  try {
    if (source.includes("${ns}")) await run.makeNamespace();
    for (const step of scenario.steps) observations.push(...await run.step(step));
  } finally {
    await run.cleanUp(scenario.cleanup ?? []);
  }
  return observations;
}

/** Every step of a scenario that is compared, in the order of the observations. */
export function comparableSteps(steps: Step[]): (RequestStep | WatchStep | CollectStep)[] {
  return steps.flatMap((step) => "sleep_ms" in step ? [] : "parallel" in step ? step.parallel : [step]);
}

/** Leaves only the picked paths of an observed body, each under its path. */
function pick(step: Observation["step"], actual: Json): Json {
  if (step.pick === undefined || !isObject(actual) || actual.body === undefined) return actual;
  const { body } = actual;
  const picked = step.pick.flatMap((path) => {
    const value = path.includes("[*]") ? getAll(body, path) : get(body, path);
    return value === undefined ? [] : [[path, value]];
  });
  return { ...actual, body: Object.fromEntries(picked) };
}

/** A copy without the ignored paths. */
export function withoutIgnored(step: Observation["step"], value: Json): Json {
  const copy = structuredClone(value);
  for (const path of step.ignore ?? []) remove(copy, path);
  if (step.unordered) {
    remove(copy, "body.message");
    const causes = get(copy, "body.details.causes");
    const key = (cause: Json): string =>
      JSON.stringify(isObject(cause) ? [cause.field, cause.reason, cause.message] : cause);
    if (Array.isArray(causes)) causes.sort((a, b) => key(a) < key(b) ? -1 : 1);
  }
  return copy;
}

class Run {
  readonly #client: Client;
  readonly #variables = new Map<string, string>();
  readonly #watches = new Map<string, OpenWatch>();
  #madeNamespace = false;

  constructor(client: Client) {
    this.#client = client;
    const uniq = randomWord();
    this.#variables.set("uniq", uniq);
    this.#variables.set("ns", `oracle-${uniq}`);
    this.#variables.set("ip", `2001:db8:${uniq.slice(0, 4)}:${uniq.slice(4)}::`);
  }

  /** The namespace comes with the ServiceAccount that a cluster's controllers would have made. */
  async makeNamespace(): Promise<void> {
    const name = this.#fill("${ns}");
    const post = (path: string, kind: string, metadata: JsonObject): Promise<Incoming> =>
      this.#send({ method: "POST", path, body: { apiVersion: "v1", kind, metadata } });
    const made = await post("/api/v1/namespaces", "Namespace", { name });
    if (made.status !== 201) throw new Error(`cannot make namespace ${name}: ${made.status} ${made.text}`);
    this.#madeNamespace = true;
    await post(`/api/v1/namespaces/${name}/serviceaccounts`, "ServiceAccount", { name: "default" });
  }

  async step(step: Step): Promise<Observation[]> {
    if ("sleep_ms" in step) {
      await pause(step.sleep_ms);
      return [];
    }
    if ("parallel" in step) return await Promise.all(step.parallel.map((s) => this.#observe(s)));
    return [await this.#observe(step)];
  }

  async cleanUp(steps: RequestStep[]): Promise<void> {
    for (const watch of this.#watches.values()) watch.stream?.close();
    const all = [...steps];
    if (this.#madeNamespace) all.push({ method: "DELETE", path: "/api/v1/namespaces/${ns}" });
    for (const step of all) await this.#send(step).catch(() => undefined);
  }

  async #observe(step: Observation["step"]): Promise<Observation> {
    const title = "watch" in step
      ? `watch ${step.watch} ${step.path}`
      : "collect" in step
      ? `collect ${step.collect}`
      : `${step.method} ${step.path}`;
    try {
      const actual = "watch" in step
        ? await this.#watch(step)
        : "collect" in step
        ? await this.#collect(step)
        : await this.#request(step);
      return { step, title, actual: withoutIgnored(step, pick(step, actual)) };
    } catch (error) {
      return { step, title, error: error instanceof Error ? error.message : String(error) };
    }
  }

  async #request(step: RequestStep): Promise<Json> {
    const deadline = Date.now() + (step.until?.timeout_ms ?? 10_000);
    let response = await this.#send(step);
    while (step.until !== undefined && !this.#meets(response, step.until) && Date.now() < deadline) {
      await pause(RETRY_PAUSE_MS);
      response = await this.#send(step);
    }
    const body = parseBody(response.text);
    this.#save(step, body);
    return this.#expectation(response, body);
  }

  #meets(response: Incoming, until: Until): boolean {
    if (until.status !== undefined && response.status !== until.status) return false;
    if (until.path === undefined) return true;
    const found = get(parseBody(response.text) ?? null, this.#fill(until.path));
    return until.equals === undefined ? found !== undefined : JSON.stringify(found) === JSON.stringify(until.equals);
  }

  async #watch(step: WatchStep): Promise<Json> {
    const watch: OpenWatch = { events: [], ended: false, changed: () => {} };
    this.#watches.set(step.watch, watch);
    const outgoing = {
      method: "GET",
      path: this.#fill(step.path),
      headers: this.#headers(step.headers),
      auth: step.auth ?? "admin",
    };
    watch.stream = await this.#client.stream(outgoing, {
      line: (text) => {
        watch.events.push(parseBody(text) ?? null);
        watch.changed();
      },
      end: () => {
        watch.ended = true;
        watch.changed();
      },
    });
    const { head } = watch.stream;
    return this.#expectation(head, head.status === 200 ? undefined : parseBody(head.text));
  }

  async #collect(step: CollectStep): Promise<Json> {
    const watch = this.#watches.get(step.collect);
    if (watch === undefined) throw new Error(`no watch ${step.collect}`);
    const deadline = Date.now() + (step.timeout_ms ?? 5_000);
    const wanted = (event: Json): boolean => step.bookmarks === true || !isPlainBookmark(event);
    while (watch.events.filter(wanted).length < step.count && !watch.ended && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        watch.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const taken: Json[] = [];
    while (taken.length < step.count && watch.events.length > 0) {
      const event = watch.events.shift() ?? null;
      if (wanted(event)) taken.push(event);
    }
    if (taken.length < step.count && watch.ended) taken.push({ type: "END" });
    this.#save(step, taken);
    if (step.sort) taken.sort((a, b) => sortKey(a) < sortKey(b) ? -1 : 1);
    return normalise(taken, this.#variables);
  }

  #send(step: Pick<RequestStep, "method" | "path" | "headers" | "body" | "auth">): Promise<Incoming> {
    const headers = this.#headers(step.headers);
    let body: string | undefined;
    if (isObject(step.body) && typeof step.body.text === "string" && Object.keys(step.body).length === 1) {
      body = this.#fill(step.body.text);
    } else if (step.body !== undefined) {
      body = this.#fill(JSON.stringify(step.body));
      headers["content-type"] ??= "application/json";
    }
    return this.#client.send({
      method: step.method,
      path: this.#fill(step.path),
      headers,
      body,
      auth: step.auth ?? "admin",
    });
  }

  #headers(given: Headers = {}): Headers {
    const headers: Headers = { "user-agent": USER_AGENT, accept: "application/json" };
    for (const [name, value] of Object.entries(given)) {
      headers[name.toLowerCase()] = Array.isArray(value) ? value.map((v) => this.#fill(v)) : this.#fill(value);
    }
    if (headers.accept === "") delete headers.accept;
    return headers;
  }

  #expectation(response: Incoming, body: Json | undefined): Json {
    const result: Expectation & JsonObject = { status: response.status };
    const headers: JsonObject = {};
    for (const name of COMPARED_HEADERS) {
      const value = response.headers[name];
      if (value !== undefined) headers[name] = normaliseText(value, this.#variables);
    }
    if (response.warnings.length > 0) headers.warning = response.warnings.map((w) => normaliseText(w, this.#variables));
    const usual = Object.keys(headers).length === 1 && headers["content-type"] === "application/json";
    if (!usual) result.headers = headers;
    if (response.text.startsWith("{\n")) result.layout = "pretty";
    if (body !== undefined) result.body = normalise(body, this.#variables);
    return result;
  }

  #save(step: Observation["step"], source: Json | undefined): void {
    for (const [name, path] of Object.entries(step.save ?? {})) {
      const value = source === undefined ? undefined : get(source, path);
      if (value === undefined || value === null) this.#variables.delete(name);
      else this.#variables.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
  }

  /** `${name}` becomes the variable's value; an unknown one stays as it is and makes its step fail. */
  #fill(text: string): string {
    return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => this.#variables.get(name) ?? whole);
  }
}

/** JSON as it is, nothing as nothing, anything else as `{ text }` or `{ binary }`. */
function parseBody(text: string): Json | undefined {
  if (text === "") return undefined;
  try {
    const parsed = JSON.parse(text) as Json;
    return typeof parsed === "object" && parsed !== null ? parsed : { text };
  } catch {
    return text.startsWith("k8s\0") ? { binary: "k8s" } : { text };
  }
}

function isPlainBookmark(event: Json): boolean {
  if (!isObject(event) || event.type !== "BOOKMARK") return false;
  const annotations = get(event, "object.metadata.annotations");
  return !(isObject(annotations) && annotations["k8s.io/initial-events-end"] === "true");
}

function sortKey(event: Json): string {
  const part = (path: string): string => String(get(event, path) ?? "");
  return ["type", "object.metadata.namespace", "object.metadata.name"].map(part).join("\0");
}

/** Eight hexadecimal digits without zeros, so that halves of it are canonical in an IPv6 address. */
function randomWord(): string {
  const [first, ...rest] = crypto.getRandomValues(new Uint8Array(8));
  return (10 + first! % 6).toString(16) + rest.map((b) => (1 + b % 15).toString(16)).join("");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
