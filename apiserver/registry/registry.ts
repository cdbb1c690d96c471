// The verbs joined into one Registry: what the HTTP layer and the in-process
// client call. Dispatches; each verb is in its own file.

import type { KubeObject } from "../../runtime/object.ts";
import { methodNotSupported } from "../../runtime/status.ts";
import type {
  DeleteRequestOptions,
  DeleteResult,
  ListRequestOptions,
  ListResult,
  ObjectResult,
  PatchRequest,
  Registry,
  RequestContext,
  Target,
  WatchStream,
  WriteRequestOptions,
} from "../request.ts";
import { BookmarkTicker } from "./bookmark_ticker.ts";
import { create } from "./create.ts";
import { deleteObject } from "./delete.ts";
import { deleteCollection } from "./delete_collection.ts";
import { type Environment, groupResource } from "./environment.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { handlerOf, subresourceHandlers } from "./subresources.ts";
import type { SubresourceHandler } from "./subresources.ts";
import { update } from "./update.ts";
import { createVirtual, getVirtual, listVirtual } from "./virtual.ts";
import { watch } from "./watch.ts";

/** Carries out the verbs on the objects of one store. */
export class ResourceRegistry implements Registry {
  readonly #env: Environment;
  readonly #bookmarks: BookmarkTicker;
  readonly #subresources: ReadonlyMap<string, SubresourceHandler>;

  /** Works on `env`; `subresources` replaces the built-in handlers. */
  constructor(
    env: Environment,
    subresources: ReadonlyMap<string, SubresourceHandler> = subresourceHandlers,
  ) {
    this.#env = env;
    this.#bookmarks = new BookmarkTicker(env.clock);
    this.#subresources = subresources;
  }

  /** One object, or what a subresource makes of it. */
  async get(
    context: RequestContext,
    target: Target,
    resourceVersion: string,
  ): Promise<ObjectResult> {
    const { virtual } = target.definition;
    if (virtual !== undefined) return getVirtual(this.#env, context, target, virtual);
    const handler = handlerOf(this.#subresources, target);
    return handler?.get === undefined
      ? await get(this.#env, target, resourceVersion)
      : await handler.get(this.#env, context, target, resourceVersion);
  }

  /** Many objects. */
  async list(
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
  ): Promise<ListResult> {
    const { virtual } = target.definition;
    return virtual === undefined
      ? await list(this.#env, target, options)
      : listVirtual(this.#env, context, target, virtual, options);
  }

  /** Changes as they happen. */
  watch(
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
  ): Promise<WatchStream> {
    // Failures are rejections, like those of all verbs.
    return new Promise((resolve) =>
      resolve(watch(this.#env, context, target, options, this.#bookmarks))
    );
  }

  /** Creates; takes the object over. */
  async create(
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult> {
    const { virtual } = target.definition;
    if (virtual?.create !== undefined) {
      return await createVirtual(this.#env, context, target, virtual, object, options);
    }
    const handler = handlerOf(this.#subresources, target);
    if (handler?.create !== undefined) {
      return await handler.create(this.#env, context, target, object, options);
    }
    if (target.subresource !== undefined) {
      throw methodNotSupported(groupResource(target.definition), "create");
    }
    return await create(this.#env, context, target, object, options);
  }

  /** Replaces; takes the object over. */
  async update(
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult> {
    const handler = handlerOf(this.#subresources, target);
    return await (handler?.update ?? update)(this.#env, context, target, object, options);
  }

  /** Changes. */
  async patch(
    context: RequestContext,
    target: Target,
    request: PatchRequest,
    options: WriteRequestOptions,
  ): Promise<ObjectResult> {
    const handler = handlerOf(this.#subresources, target);
    return await (handler?.patch ?? patch)(this.#env, context, target, request, options);
  }

  /** Deletes one object, or begins to. */
  delete(
    context: RequestContext,
    target: Target,
    options: DeleteRequestOptions,
  ): Promise<DeleteResult> {
    return deleteObject(this.#env, context, target, options);
  }

  /** Deletes what a list would find. */
  deleteCollection(
    context: RequestContext,
    target: Target,
    options: DeleteRequestOptions,
    listOptions: ListRequestOptions,
  ): Promise<ListResult> {
    return deleteCollection(this.#env, context, target, options, listOptions);
  }
}
