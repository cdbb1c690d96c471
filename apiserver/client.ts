// The in-process client: the Client interface straight onto the registry,
// with no encoding in between. Objects given out are the stored ones; they
// must not be changed. Nothing is authorized: whoever holds the client may.

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
import { clone, type JsonValue, type KubeObject, parseApiVersion } from "../runtime/object.ts";
import { badRequest, notFound, type Status, StatusError } from "../runtime/status.ts";
import { adminUser, type UserInfo } from "../runtime/user.ts";
import type { ResourceDefinition } from "./definition.ts";
import type { Definitions } from "./definitions.ts";
import { decodeFields } from "./http/fields.ts";
import type {
  DeleteRequestOptions,
  ListRequestOptions,
  Registry,
  RequestContext,
  Target,
  WatchStream,
  WriteRequestOptions,
} from "./request.ts";

/** How an {@linkcode InProcessClient} is made. */
export interface InProcessClientOptions {
  /** Carries out the verbs. */
  readonly registry: Registry;
  /** What is served. */
  readonly definitions: Definitions;
  /** Who asks. Default: the administrator. */
  readonly user?: UserInfo;
  /** What field managers are derived from when a write names none. */
  readonly userAgent?: string;
  /** Told of every warning. */
  onWarning?(text: string): void;
}

/** A client of a cluster in the same process. */
export class InProcessClient implements Client {
  readonly #options: InProcessClientOptions;

  /** Over a cluster's registry. */
  constructor(options: InProcessClientOptions) {
    this.#options = options;
  }

  /** The same cluster as somebody else. */
  as(user: UserInfo, userAgent?: string): InProcessClient {
    return new InProcessClient({
      ...this.#options,
      user,
      ...(userAgent === undefined ? {} : { userAgent }),
    });
  }

  #context(signal?: AbortSignal): RequestContext {
    return {
      user: this.#options.user ?? adminUser,
      userAgent: this.#options.userAgent ?? "capim",
      warn: (text) => this.#options.onWarning?.(text),
      ...(signal === undefined ? {} : { signal }),
    };
  }

  #target(ref: ResourceRef, namespace = "", name = "", subresource?: string): Target {
    const { group, version } = parseApiVersion(ref.apiVersion);
    const definition = this.#options.definitions.lookup(group, version, ref.resource);
    if (definition === undefined) throw notServed();
    const sub = subresource === undefined ? undefined : definition.subresources.get(subresource);
    if (subresource !== undefined && sub === undefined) {
      throw notFound({ group, resource: ref.resource }, name);
    }
    return {
      definition,
      namespace: definition.namespaced ? namespace : "",
      name,
      ...(sub === undefined ? {} : { subresource: sub }),
    };
  }

  /** One object. */
  async get(
    ref: ResourceRef,
    key: ObjectKey,
    options: { subresource?: string } = {},
  ): Promise<KubeObject> {
    const target = this.#target(ref, key.namespace, key.name, options.subresource);
    return (await this.#options.registry.get(this.#context(), target, "")).object;
  }

  /** Many objects. */
  async list(ref: ResourceRef, query: ListQuery = {}): Promise<ObjectList> {
    const target = this.#target(ref, query.namespace);
    const list = await this.#options.registry.list(this.#context(), target, listOptions(query));
    return {
      items: list.items.map(({ object }) => object),
      resourceVersion: list.resourceVersion,
      ...(list.continue === undefined ? {} : { continue: list.continue }),
    };
  }

  /** Changes as they happen. */
  async *watch(
    ref: ResourceRef,
    query: ListQuery & { signal?: AbortSignal; bookmarks?: boolean } = {},
  ): AsyncIterable<WatchEvent> {
    if (query.signal?.aborted) return;
    const stream = await this.#options.registry.watch(
      this.#context(query.signal),
      this.#target(ref, query.namespace),
      { ...listOptions(query), allowWatchBookmarks: query.bookmarks ?? false },
    );
    yield* eventsOf(stream);
  }

  /** Makes an object, or posts to a subresource of the one that `object` names. */
  async create(
    ref: ResourceRef,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { name, namespace } = object.metadata;
    const target = this.#target(
      ref,
      namespace,
      options.subresource === undefined ? "" : name,
      options.subresource,
    );
    const decoded = this.#decode(target, object);
    const result = await this.#options.registry.create(
      this.#context(),
      target,
      decoded,
      writeOptions(options),
    );
    return result.object;
  }

  /** Replaces an object. */
  async update(
    ref: ResourceRef,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { name = "", namespace } = object.metadata;
    const target = this.#target(ref, namespace, name, options.subresource);
    const decoded = this.#decode(target, object);
    const result = await this.#options.registry.update(
      this.#context(),
      target,
      decoded,
      writeOptions(options),
    );
    return result.object;
  }

  /** The object as the kind's codec makes it: a copy, without what the kind does not know. */
  #decode(target: Target, object: KubeObject): KubeObject {
    const { kind } = target.subresource ?? target.definition;
    const refuse = (why: string) =>
      badRequest(
        `${object.kind} in version ${
          JSON.stringify(parseApiVersion(object.apiVersion ?? "").version)
        } cannot be handled as a ${kind}: ${why}`,
      );
    // Custom resources are fitted in place.
    const own = target.definition.custom ? clone(object) : object;
    return decodeFields(own as unknown as Record<string, JsonValue>, target, refuse).object;
  }

  /** Changes parts of an object. */
  async patch(
    ref: ResourceRef,
    key: ObjectKey,
    kind: PatchKind,
    patch: JsonValue,
    options: WriteOptions & { force?: boolean } = {},
  ): Promise<KubeObject> {
    const result = await this.#options.registry.patch(
      this.#context(),
      this.#target(ref, key.namespace, key.name, options.subresource),
      { kind, body: patch, strictErrors: [] },
      {
        ...writeOptions(options),
        ...(options.force === undefined ? {} : { force: options.force }),
      },
    );
    return result.object;
  }

  /** Deletes an object. */
  async delete(ref: ResourceRef, key: ObjectKey, options: DeleteQuery = {}): Promise<void> {
    await this.#options.registry.delete(
      this.#context(),
      this.#target(ref, key.namespace, key.name),
      deleteOptions(options),
    );
  }

  /** Deletes many objects. */
  async deleteCollection(
    ref: ResourceRef,
    query: ListQuery = {},
    options: DeleteQuery = {},
  ): Promise<void> {
    await this.#options.registry.deleteCollection(
      this.#context(),
      this.#target(ref, query.namespace),
      deleteOptions(options),
      listOptions(query),
    );
  }

  /** The definition of a resource, if it is served. */
  definition(ref: ResourceRef): ResourceDefinition | undefined {
    const { group, version } = parseApiVersion(ref.apiVersion);
    return this.#options.definitions.lookup(group, version, ref.resource);
  }
}

async function* eventsOf(stream: WatchStream): AsyncGenerator<WatchEvent> {
  try {
    for (;;) {
      const events = await stream.next();
      if (events === undefined) return;
      for (const { type, object } of events) {
        if (type === "ERROR") throw statusError(object as unknown as Status);
        yield { type, object };
      }
    }
  } finally {
    stream.close();
  }
}

function statusError(status: Status): StatusError {
  return new StatusError(
    status.code,
    status.reason ?? "",
    status.message ?? "",
    status.details,
  );
}

function notServed(): StatusError {
  return new StatusError(
    404,
    "NotFound",
    "the server could not find the requested resource",
    {},
  );
}

function writeOptions(options: WriteOptions): WriteRequestOptions {
  return {
    dryRun: options.dryRun ?? false,
    fieldManager: options.fieldManager ?? "",
    fieldValidation: "Ignore",
  };
}

function deleteOptions(options: DeleteQuery): DeleteRequestOptions {
  const { dryRun = false, ...rest } = options;
  return { dryRun, ...rest };
}

function listOptions(query: ListQuery): ListRequestOptions {
  return {
    labelSelector: query.labels ?? "",
    fieldSelector: query.fields ?? "",
    limit: query.limit ?? 0,
    continue: query.continue ?? "",
    resourceVersion: query.resourceVersion ?? "",
    resourceVersionMatch: "",
    allowWatchBookmarks: false,
  };
}
