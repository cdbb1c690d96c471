// The `Client` over the wire: every verb is one request to the API server
// (lists are read in pages), every failure a StatusError. No cache: the
// reconcilers' informers list and watch through it. Source: client-go rest
// and tools/pager.

import type {
  Client,
  DeleteQuery,
  ListQuery,
  ObjectKey,
  ObjectList,
  PatchKind,
  ResourceRef,
  WatchEvent,
  WriteOptions,
} from "../runtime/client.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { JsonValue, KubeObject } from "../runtime/object.ts";
import type { Random } from "../runtime/random.ts";
import { StatusError } from "../runtime/status.ts";
import { FlowLimiter } from "./flow_limiter.ts";
import { pathOf, queryOf } from "./request_path.ts";
import { bodyText, statusErrorOf, unreachable } from "./response_error.ts";
import type { RemoteRequest, RemoteResponse, Transport } from "./transport.ts";
import { readWatchEvents } from "./watch_events.ts";

/** Options of a {@linkcode RemoteClient}. */
export interface RemoteClientOptions {
  /** How requests get there. */
  readonly transport: Transport;
  /** All time. */
  readonly clock: Clock;
  /** Spreads the ends of watches. */
  readonly random: Random;
  /** Names the program to the server and owns the fields it writes. Default `capim`. */
  readonly userAgent?: string;
  /** Requests in a second; default 20. */
  readonly qps?: number;
  /** Requests at once; default 30. */
  readonly burst?: number;
  /** The largest answer, in bytes; default 256 MiB. */
  readonly bodyBytesMax?: number;
  /** Told of every answer; code 0: there was none. */
  onAnswer?(method: string, code: number): void;
}

const PAGE = 500;
const WATCH_S_MIN = 300;
// As client-go.
const RETRIES_MAX = 10;
const RETRY_S_MAX = 60;
const BODY_BYTES_MAX = 256 << 20;
const JSON_TYPE = "application/json";
const PATCH_TYPES: Readonly<Record<PatchKind, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** Reads and writes the objects of a cluster over the wire. */
export class RemoteClient implements Client {
  readonly #transport: Transport;
  readonly #limiter: FlowLimiter;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #userAgent: string;
  readonly #bodyBytesMax: number;
  readonly #onAnswer: RemoteClientOptions["onAnswer"];

  /** Sends nothing by itself. */
  constructor(options: RemoteClientOptions) {
    const { transport, clock, random, qps = 20, burst = 30 } = options;
    this.#transport = transport;
    this.#clock = clock;
    this.#random = random;
    this.#userAgent = options.userAgent ?? "capim";
    this.#bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX;
    this.#onAnswer = options.onAnswer;
    this.#limiter = new FlowLimiter({ clock, qps, burst });
  }

  /** Throws NotFound. */
  async get(
    ref: ResourceRef,
    key: ObjectKey,
    options: { subresource?: string } = {},
  ): Promise<KubeObject> {
    return await this.#object({ method: "GET", path: pathOf(ref, key, options.subresource) });
  }

  /** Lists; without a limit all pages are read, and are one list of one revision. */
  async list(ref: ResourceRef, query: ListQuery = {}): Promise<ObjectList> {
    if (query.limit !== undefined) return await this.#page(ref, query);
    const items: KubeObject[] = [];
    let page = await this.#page(ref, { ...query, limit: PAGE });
    for (;;) {
      for (const item of page.items) items.push(item);
      if (page.continue === undefined) {
        return { items, resourceVersion: page.resourceVersion };
      }
      try {
        // A continued list has the revision of its first page: naming one is refused.
        const { resourceVersion: _, ...rest } = query;
        page = await this.#page(ref, { ...rest, limit: PAGE, continue: page.continue });
      } catch (error) {
        if (!(error instanceof StatusError && error.code === 410)) throw error;
        // The revision went while it was being read: take all of a newer one at once.
        return await this.#page(ref, query);
      }
    }
  }

  /** Ends when the server ends it, when the connection breaks, or when the signal aborts. */
  async *watch(
    ref: ResourceRef,
    query: ListQuery & { signal?: AbortSignal; bookmarks?: boolean } = {},
  ): AsyncGenerator<WatchEvent> {
    const { signal, bookmarks = false, ...selection } = query;
    const seconds = Math.floor(WATCH_S_MIN * (1 + this.#random.next()));
    const path = pathOf(ref, selection.namespace === undefined ? {} : selection) +
      queryOf(selection, {
        watch: "true",
        timeoutSeconds: String(seconds),
        ...(bookmarks ? { allowWatchBookmarks: "true" } : {}),
      });
    const deadline = this.#deadline(seconds, signal);
    try {
      const response = await this.#send({ method: "GET", path, stream: true }, deadline.signal);
      try {
        yield* readWatchEvents(response.body);
      } catch (error) {
        // A broken connection is the end of a watch: who goes on asks from the last revision seen.
        if (error instanceof StatusError) throw error;
      } finally {
        response.cancel();
      }
    } catch (error) {
      if (signal?.aborted) return;
      throw error;
    } finally {
      deadline.cancel();
    }
  }

  /** Creates. */
  async create(
    ref: ResourceRef,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const within = namespace === undefined ? {} : { namespace };
    const path = options.subresource === undefined
      ? pathOf(ref, within)
      : pathOf(ref, { ...within, name: name ?? "" }, options.subresource);
    return await this.#write("POST", path, object, options);
  }

  /** Replaces. */
  async update(
    ref: ResourceRef,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { namespace, name = "" } = object.metadata;
    const key = namespace === undefined ? { name } : { namespace, name };
    return await this.#write("PUT", pathOf(ref, key, options.subresource), object, options);
  }

  /** Patches. */
  async patch(
    ref: ResourceRef,
    key: ObjectKey,
    kind: PatchKind,
    patch: JsonValue,
    options: WriteOptions & { force?: boolean } = {},
  ): Promise<KubeObject> {
    const path = pathOf(ref, key, options.subresource);
    return await this.#write("PATCH", path, patch, options, PATCH_TYPES[kind]);
  }

  /** Deletes. */
  async delete(ref: ResourceRef, key: ObjectKey, options: DeleteQuery = {}): Promise<void> {
    await this.#delete(pathOf(ref, key), options);
  }

  /** Deletes everything that the query selects. */
  async deleteCollection(
    ref: ResourceRef,
    query: ListQuery = {},
    options: DeleteQuery = {},
  ): Promise<void> {
    const within = query.namespace === undefined ? {} : { namespace: query.namespace };
    await this.#delete(pathOf(ref, within) + queryOf(query), options);
  }

  /** The document at a path that is no object's, such as `/apis`. Throws as all others do. */
  async document(path: string): Promise<JsonValue> {
    return await this.#json({ method: "GET", path });
  }

  async #page(ref: ResourceRef, query: ListQuery): Promise<ObjectList> {
    const within = query.namespace === undefined ? {} : { namespace: query.namespace };
    const list = await this.#object({ method: "GET", path: pathOf(ref, within) + queryOf(query) });
    const { apiVersion, kind, metadata } = list;
    const itemKind = kind.replace(/List$/, "");
    // Items of built-in lists do not say what they are.
    const items = ((list["items"] ?? []) as KubeObject[]).map((item) =>
      item.kind === undefined ? { ...item, apiVersion, kind: itemKind } : item
    );
    const next = (metadata as { continue?: string }).continue;
    return {
      items,
      resourceVersion: metadata.resourceVersion ?? "",
      ...(next === undefined || next === "" ? {} : { continue: next }),
    };
  }

  async #write(
    method: string,
    path: string,
    body: JsonValue | KubeObject,
    options: WriteOptions & { force?: boolean },
    type: string = JSON_TYPE,
  ): Promise<KubeObject> {
    const query = queryOf({}, {
      fieldManager: options.fieldManager ?? this.#userAgent.split("/", 1)[0] ?? "",
      ...(options.dryRun === true ? { dryRun: "All" } : {}),
      ...(options.force === undefined ? {} : { force: String(options.force) }),
    });
    return await this.#object({
      method,
      path: path + query,
      type,
      body: JSON.stringify(body),
    });
  }

  async #delete(path: string, { dryRun, ...options }: DeleteQuery): Promise<void> {
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...options,
      ...(dryRun === true ? { dryRun: ["All"] } : {}),
    };
    await this.#json({ method: "DELETE", path, type: JSON_TYPE, body: JSON.stringify(body) });
  }

  async #object(request: Outgoing): Promise<KubeObject> {
    return await this.#json(request) as unknown as KubeObject;
  }

  async #json(request: Outgoing): Promise<JsonValue> {
    const response = await this.#send(request);
    const text = await bodyText(response, this.#bodyBytesMax);
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      throw unreachable(`${request.method} ${request.path} was not answered in JSON`);
    }
  }

  /** The response, if it is a success. A server that is too busy is asked again when it says so. */
  async #send(request: Outgoing, signal?: AbortSignal): Promise<RemoteResponse> {
    for (let left = RETRIES_MAX;; left--) {
      const response = await this.#sendOnce(request, signal);
      if (response.status >= 200 && response.status < 300) return response;
      const seconds = Number(response.header("retry-after") ?? "");
      if (response.status !== 429 || !(seconds > 0) || left === 0) {
        throw await statusErrorOf(response);
      }
      response.cancel();
      await sleep(this.#clock, Math.min(seconds, RETRY_S_MAX) * 1000, signal);
    }
  }

  async #sendOnce(request: Outgoing, signal: AbortSignal | undefined): Promise<RemoteResponse> {
    await this.#limiter.pass(signal);
    const { type, ...rest } = request;
    const outgoing: RemoteRequest = {
      ...rest,
      headers: {
        accept: JSON_TYPE,
        "user-agent": this.#userAgent,
        ...(type === undefined ? {} : { "content-type": type }),
      },
      ...(signal === undefined ? {} : { signal }),
    };
    let response: RemoteResponse;
    try {
      response = await this.#transport.send(outgoing);
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#onAnswer?.(request.method, 0);
      throw unreachable(`${request.method} ${request.path}: ${(error as Error).message}`);
    }
    this.#onAnswer?.(request.method, response.status);
    return response;
  }

  /** A signal for a stream that should long be over. */
  #deadline(
    seconds: number,
    signal: AbortSignal | undefined,
  ): { signal: AbortSignal; cancel(): void } {
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const timer = this.#clock.after((seconds + 30) * 1000, () => controller.abort(), {
      background: true,
    });
    return {
      signal: controller.signal,
      cancel() {
        timer.cancel();
        signal?.removeEventListener("abort", abort);
      },
    };
  }
}

type Outgoing = Omit<RemoteRequest, "headers" | "signal"> & {
  /** The body's content type. */
  readonly type?: string;
};
