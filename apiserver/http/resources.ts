// The verbs on resources: negotiate, decode, call the registry, encode.
// Source: k8s.io/apiserver/pkg/endpoints/handlers (create, update, patch,
// delete, get).

import type { Clock } from "../../runtime/clock.ts";
import { badRequest, StatusError } from "../../runtime/status.ts";
import type {
  DeleteResult,
  ListResult,
  ObjectResult,
  PatchRequest,
  Registry,
  RequestContext,
  Target,
} from "../request.ts";
import type { Authorizer } from "../auth/types.ts";
import type { Definitions } from "../definitions.ts";
import { BODY_BYTES_MAX, decodeDeleteBody, decodeObject, decodePatch } from "./body.ts";
import { deleteOptions } from "./delete_options.ts";
import { encodeList, encodeObject } from "./encode.ts";
import { authorizeVerb } from "./authorize.ts";
import { CONNECTED, type Connector } from "./connect.ts";
import { contextOf, type Exchange } from "./exchange.ts";
import {
  BARE_ENDPOINT,
  bodyEncoding,
  BUILTIN_ENDPOINT,
  CUSTOM_ENDPOINT,
  type Endpoint,
  negotiate,
  type Negotiated,
  OBJECT_TYPES,
  routeAccepts,
  routeNotAcceptable,
  unsupportedMediaType,
} from "./negotiate.ts";
import { NoKubelet } from "./no_kubelet.ts";
import { listOptions, writeOptions } from "./options.ts";
import { partialMetadata, partialMetadataList, wrongPartial } from "./partial.ts";
import { respond, respondValue } from "./respond.ts";
import type { Route } from "./route.ts";
import { customScaleTable, scaleTable } from "./scale_table.ts";
import { includeObject, listTable, objectTable, type TableOptions } from "./table.ts";
import type { HttpResponse } from "./types.ts";
import { WatchBody, type WatchTransform } from "./watch.ts";

const PRODUCED = OBJECT_TYPES.map((media) => media.name);
const PRODUCED_STREAMS = [
  ...PRODUCED,
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];

/** What `Content-Type` says of a patch. */
const PATCH_KINDS: Readonly<Record<string, PatchRequest["kind"]>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};
const CUSTOM_PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

/** Subresources that can be had by GET, but only by who may create them. */
const CONVERSATIONS: ReadonlySet<string> = new Set(["attach", "exec", "portforward"]);

/** Carries out requests on resources. */
export class ResourceHandler {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #authorizer: Authorizer;
  readonly #connector: Connector;

  /** Over the registry of one cluster. */
  constructor(
    options: {
      registry: Registry;
      definitions: Definitions;
      clock: Clock;
      authorizer: Authorizer;
      connector?: Connector;
    },
  ) {
    this.#authorizer = options.authorizer;
    this.#registry = options.registry;
    this.#clock = options.clock;
    this.#connector = options.connector ?? new NoKubelet(options);
  }

  /** Answers one request. Failures are thrown. */
  serve(exchange: Exchange, route: Route): Promise<HttpResponse> {
    const { definition } = route.target;
    const accept = exchange.request.headers["accept"];
    const { subresource } = route.target;
    if (subresource !== undefined && CONNECTED.has(subresource.name) && !definition.custom) {
      return this.#connect(exchange, route.target);
    }
    if (!definition.custom) {
      const produced = route.verb === "list" || route.verb === "watch"
        ? PRODUCED_STREAMS
        : PRODUCED;
      if (!routeAccepts(accept, produced)) throw routeNotAcceptable(produced);
    }
    if (definition.deprecationWarning !== undefined) {
      // A patch of no known kind finds no handler, and so nobody who warns.
      if (route.verb === "patch") patchKind(exchange.request.headers["content-type"], route.target);
      exchange.warnings.add(definition.deprecationWarning);
    }
    return this.#verb(exchange, route, contextOf(exchange));
  }

  async #connect(exchange: Exchange, target: Target): Promise<HttpResponse> {
    // WebSockets begin with GET, and what they do is no reading.
    if (CONVERSATIONS.has(target.subresource?.name ?? "")) {
      await authorizeVerb("create", exchange.info, exchange.user, this.#authorizer);
    }
    return await this.#connector.connect(exchange, target);
  }

  #verb(exchange: Exchange, route: Route, context: RequestContext): Promise<HttpResponse> {
    switch (route.verb) {
      case "get":
        return this.#get(exchange, route.target, context);
      case "list":
        return this.#list(exchange, route.target, context);
      case "watch":
        return this.#watch(exchange, route.target, context);
      case "create":
        return this.#create(exchange, route.target, context);
      case "update":
        return this.#update(exchange, route.target, context);
      case "patch":
        return this.#patch(exchange, route.target, context);
      case "delete":
        return this.#delete(exchange, route.target, context);
      default:
        return this.#deleteCollection(exchange, route.target, context);
    }
  }

  async #get(exchange: Exchange, target: Target, context: RequestContext) {
    const negotiated = this.#negotiate(exchange, target);
    const version = exchange.info.query.get("resourceVersion");
    const result = await this.#registry.get(context, target, version);
    return this.#object(exchange, target, negotiated, result, 200);
  }

  async #list(exchange: Exchange, target: Target, context: RequestContext) {
    const options = listOptions(exchange.info.query);
    const negotiated = this.#negotiate(exchange, target);
    const list = await this.#registry.list(context, target, options);
    return this.#listAnswer(exchange, target, negotiated, list);
  }

  async #watch(exchange: Exchange, target: Target, context: RequestContext) {
    const { info, request } = exchange;
    let options = listOptions(info.query);
    if (target.name !== "") {
      options = { ...options, fieldSelector: named(options.fieldSelector, target.name) };
    }
    const stream = await this.#registry.watch(
      context,
      target.name === "" ? target : { ...target, name: "" },
      options,
    );
    let negotiated: Negotiated;
    let transform: WatchTransform | undefined;
    try {
      const endpoint = endpointOf(target);
      negotiated = negotiate(request.headers["accept"], false, endpoint, true);
      transform = this.#watchTransform(exchange, target, negotiated);
    } catch (error) {
      stream.close();
      throw error;
    }
    const { media } = negotiated;
    return respond(
      200,
      media.encoding === "json" ? media.name : `${media.name};stream=watch`,
      new WatchBody(stream, media.encoding, transform),
    );
  }

  #watchTransform(
    exchange: Exchange,
    target: Target,
    { transform }: Negotiated,
  ): WatchTransform | undefined {
    if (transform === undefined) return undefined;
    if (transform.kind !== "Table") {
      return (object) => partialMetadata(object, transform.version);
    }
    const options = this.#tableOptions(exchange, target, transform.version);
    let first = true;
    return (object) => {
      // Ages are those of the moment that the event is sent.
      const table = objectTable(object, { ...options, now_ms: this.#clock.now() }, first);
      first = false;
      return table;
    };
  }

  async #create(exchange: Exchange, target: Target, context: RequestContext) {
    const { info, request } = exchange;
    const negotiated = this.#negotiate(exchange, target);
    const encoding = bodyEncoding(request.headers["content-type"], target.definition.custom);
    const body = await request.body(BODY_BYTES_MAX);
    const options = writeOptions(info.query, "CreateOptions");
    const object = await decodeObject(body, encoding.encoding, target, options, context);
    // Only subresources take the name from the path.
    const named = target.subresource === undefined && target.name !== ""
      ? { ...target, name: "" }
      : target;
    const result = await this.#registry.create(context, named, object, options);
    return this.#object(exchange, target, negotiated, result, 201);
  }

  async #update(exchange: Exchange, target: Target, context: RequestContext) {
    const { info, request } = exchange;
    const negotiated = this.#negotiate(exchange, target);
    const body = await request.body(BODY_BYTES_MAX);
    const options = writeOptions(info.query, "UpdateOptions");
    const encoding = bodyEncoding(request.headers["content-type"], target.definition.custom);
    const object = await decodeObject(body, encoding.encoding, target, options, context);
    checkName(target, object.metadata?.name ?? "", object.metadata?.namespace ?? "");
    const result = await this.#registry.update(context, target, object, options);
    return this.#object(exchange, target, negotiated, result, result.created ? 201 : 200);
  }

  async #patch(exchange: Exchange, target: Target, context: RequestContext) {
    const { info, request } = exchange;
    const kind = patchKind(request.headers["content-type"], target);
    const negotiated = this.#negotiate(exchange, target);
    const body = await request.body(BODY_BYTES_MAX);
    const options = writeOptions(info.query, "PatchOptions", kind);
    const patch = await decodePatch(body, kind, options, context);
    const result = await this.#registry.patch(context, target, patch, options);
    return this.#object(exchange, target, negotiated, result, result.created ? 201 : 200);
  }

  async #delete(exchange: Exchange, target: Target, context: RequestContext) {
    const negotiated = this.#negotiate(exchange, target);
    const options = deleteOptions(await this.#deleteBody(exchange), exchange.info.query);
    const result = await this.#registry.delete(context, target, options);
    return this.#deleted(exchange, target, negotiated, result);
  }

  #deleted(
    exchange: Exchange,
    target: Target,
    negotiated: Negotiated,
    result: DeleteResult,
  ): HttpResponse {
    const code = result.accepted ? 202 : 200;
    if (result.kind === "object") {
      return this.#object(exchange, target, negotiated, result.result, code);
    }
    const { group, resource } = target.definition;
    const status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: {
        name: result.name,
        ...(group === "" ? {} : { group }),
        kind: resource,
        uid: result.uid,
      },
    };
    return respondValue(code, status, negotiated.media, negotiated.pretty);
  }

  async #deleteCollection(exchange: Exchange, target: Target, context: RequestContext) {
    const negotiated = this.#negotiate(exchange, target);
    const list = listOptions(exchange.info.query);
    const options = deleteOptions(await this.#deleteBody(exchange), exchange.info.query);
    const deleted = await this.#registry.deleteCollection(context, target, options, list);
    return this.#listAnswer(exchange, target, negotiated, deleted);
  }

  async #deleteBody(exchange: Exchange) {
    const { request } = exchange;
    const body = await request.body(BODY_BYTES_MAX);
    if (body.length === 0) return undefined;
    const { encoding } = bodyEncoding(request.headers["content-type"], false);
    return decodeDeleteBody(body, encoding);
  }

  #negotiate(exchange: Exchange, target: Target): Negotiated {
    return negotiate(exchange.request.headers["accept"], exchange.pretty, endpointOf(target));
  }

  #object(
    exchange: Exchange,
    target: Target,
    { media, pretty, transform }: Negotiated,
    result: ObjectResult,
    code: number,
  ): HttpResponse {
    if (transform === undefined || isStatus(result)) {
      if (media.encoding === "protobuf" && target.definition.custom) {
        throw new StatusError(500, "", "custom resources have no protobuf form");
      }
      return respond(code, media.name, encodeObject(result, media.encoding, pretty));
    }
    if (transform.kind === "Table") {
      const options = this.#tableOptions(exchange, target, transform.version);
      return respondValue(code, objectTable(result.object, options), media, pretty);
    }
    if (transform.kind === "PartialObjectMetadataList") {
      throw wrongPartial(target.definition, false);
    }
    return respondValue(code, partialMetadata(result.object, transform.version), media, pretty);
  }

  #listAnswer(
    exchange: Exchange,
    target: Target,
    { media, pretty, transform }: Negotiated,
    list: ListResult,
  ): HttpResponse {
    const { definition } = target;
    if (transform === undefined) {
      return respond(200, media.name, encodeList(list, definition, media.encoding, pretty));
    }
    if (transform.kind === "Table") {
      const options = this.#tableOptions(exchange, target, transform.version);
      return respondValue(200, listTable(list, options), media, pretty);
    }
    if (transform.kind === "PartialObjectMetadata") throw wrongPartial(definition, true);
    return respondValue(200, partialMetadataList(list, transform.version), media, pretty);
  }

  #tableOptions(exchange: Exchange, target: Target, version: string): TableOptions {
    const { definition, subresource } = target;
    const scales = definition.custom ? customScaleTable : scaleTable;
    return {
      definition: subresource?.name === "scale" ? scales : definition,
      version,
      include: includeObject(exchange.info.query),
      now_ms: this.#clock.now(),
    };
  }
}

function endpointOf(target: Target): Endpoint {
  if (target.definition.custom) return CUSTOM_ENDPOINT;
  return hasTable(target) ? BUILTIN_ENDPOINT : BARE_ENDPOINT;
}

/** Whether an endpoint can answer with a table: few subresources can. */
function hasTable({ subresource }: Target): boolean {
  if (subresource === undefined) return true;
  if (subresource.name !== "status" && subresource.name !== "scale") return false;
  return subresource.strategy?.withoutTable !== true;
}

function isStatus(result: ObjectResult): boolean {
  return result.object.kind === "Status" && result.object.apiVersion === "v1";
}

/** A name in the path of a watch is a field selector. Throws 400 when the two disagree. */
function named(selector: string, name: string): string {
  const own = `metadata.name=${name}`;
  if (selector === "") return own;
  const same = selector.split(",").some((term) =>
    term === own || term === `metadata.name==${name}`
  );
  if (!same) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  return selector;
}

function patchKind(contentType: string | undefined, target: Target): PatchRequest["kind"] {
  const text = contentType ?? "";
  const end = text.indexOf(";");
  const name = end > 0 ? text.slice(0, end) : text;
  const kind = Object.hasOwn(PATCH_KINDS, name) ? PATCH_KINDS[name] : undefined;
  if (target.definition.custom) {
    if (kind === undefined || kind === "strategic") throw unsupportedMediaType(CUSTOM_PATCHES);
    return kind;
  }
  if (kind === undefined) {
    throw new StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  }
  return kind;
}

/** The object must be the one that the path names. Throws 400. */
function checkName(target: Target, name: string, namespace: string): void {
  if (name === "") {
    throw badRequest(
      `the name of the object (${target.name} based on URL) was undeterminable: ` +
        "name must be provided",
    );
  }
  if (name !== target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  if (namespace !== "" && target.namespace !== "" && namespace !== target.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}
