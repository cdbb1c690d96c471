// Discovery: what a cluster serves, for clients to find their way by. The
// documents are made when they are first asked for and kept until the set of
// definitions changes. Source: k8s.io/apiserver/pkg/endpoints/discovery.

import { createHash } from "node:crypto";
import type { JsonObject } from "../../runtime/object.ts";
import type { Definitions } from "../definitions.ts";
import { parseAccept } from "../http/accept.ts";
import { encodeValue } from "../http/encode.ts";
import type { Exchange } from "../http/exchange.ts";
import {
  JSON_TYPE,
  type MediaType,
  negotiate,
  OBJECT_TYPES,
  PLAIN_ENDPOINT,
  routeAccepts,
  routeNotAcceptable,
  YAML_TYPE,
} from "../http/negotiate.ts";
import { respond, respondValue } from "../http/respond.ts";
import type { HttpResponse } from "../http/types.ts";
import {
  apiGroup,
  apiGroupDiscoveryList,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from "./documents.ts";
import { type ServedGroup, servedGroups } from "./groups.ts";

const PRODUCED = OBJECT_TYPES.map((media) => media.name);
const AGGREGATED = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** A discovery document, in its plain and, at the roots, its aggregated form. */
export interface DiscoveryDocument {
  /** As it always was, for a client that is to connect to that address. */
  plain(serverAddress: string): JsonObject;
  /** With everything below it. */
  aggregated?(): JsonObject;
  /** Bytes and entity tags made so far, by form. */
  readonly encoded: Map<string, Encoded>;
}

/** Bytes and what names them. */
export interface Encoded {
  /** The body. */
  readonly bytes: Uint8Array;
  /** The entity tag, quoted. */
  readonly etag: string;
}

/** What discovery derives of a set of definitions. */
interface Derived {
  /** Of the set. */
  readonly generation: number;
  readonly groups: readonly ServedGroup[];
  readonly builtin: ReadonlySet<string>;
  /** Those made so far, by path. */
  readonly documents: Map<string, DiscoveryDocument>;
}

function derive(definitions: Definitions): Derived {
  const groups = servedGroups(definitions);
  return {
    generation: definitions.generation,
    groups,
    builtin: new Set(groups.filter(({ builtin }) => builtin).map(({ name }) => name)),
    documents: new Map(),
  };
}

/** Of the sets that clusters begin with: most of them add nothing, and share documents and their bytes. */
const shared = new WeakMap<Definitions, Derived>();

function derivedOnce(definitions: Definitions): Derived {
  let derived = shared.get(definitions);
  if (derived?.generation !== definitions.generation) {
    shared.set(definitions, derived = derive(definitions));
  }
  return derived;
}

/** The discovery of one cluster. */
export class Discovery {
  readonly #definitions: Definitions;
  readonly #serverAddress: string | undefined;
  #generation = -1;
  #derived: Derived | undefined;

  /** `serverAddress` is where `/api` tells clients to connect to. Default: where each has connected to. */
  constructor(definitions: Definitions, serverAddress?: string) {
    this.#definitions = definitions;
    this.#serverAddress = serverAddress;
  }

  /** Whether a group is one of those that are always there. */
  builtinGroup(group: string): boolean {
    return this.#current().builtin.has(group);
  }

  /** The paths that `/` lists. */
  paths(): string[] {
    return this.#current().groups.flatMap(({ name, versions }) => {
      const root = name === "" ? "/api" : `/apis/${name}`;
      return [root, ...versions.map(({ version }) => `${root}/${version}`)];
    }).concat("/apis", "/apis/");
  }

  /** The document at a path's parts, if there is one. */
  find(parts: readonly string[]): DiscoveryDocument | undefined {
    const { groups, documents } = this.#current();
    const key = parts.join("/");
    let document = documents.get(key);
    if (document === undefined) {
      document = documentAt(groups, parts);
      if (document !== undefined) documents.set(key, document);
    }
    return document;
  }

  #current(): Derived {
    const { generation, unchangedFrom } = this.#definitions;
    if (this.#derived === undefined || generation !== this.#generation) {
      this.#generation = generation;
      this.#derived = unchangedFrom === undefined
        ? derive(this.#definitions)
        : derivedOnce(unchangedFrom);
    }
    return this.#derived;
  }

  /** Answers with a document in the form that is asked for. */
  serve(exchange: Exchange, document: DiscoveryDocument): HttpResponse {
    const accept = exchange.request.headers["accept"];
    if (document.aggregated !== undefined) {
      const media = aggregatedMedia(accept);
      if (media !== undefined) return serveAggregated(exchange, document, media);
    }
    if (!routeAccepts(accept, PRODUCED)) throw routeNotAcceptable(PRODUCED);
    const { media, pretty } = negotiate(accept, exchange.pretty, PLAIN_ENDPOINT);
    const address = this.#serverAddress ?? exchange.request.localAddress ?? "";
    return respondValue(200, document.plain(address), media, pretty);
  }
}

function documentAt(
  groups: readonly ServedGroup[],
  parts: readonly string[],
): DiscoveryDocument | undefined {
  const [root, ...rest] = parts;
  const core = groups.filter(({ name }) => name === "");
  const named = groups.filter(({ name }) => name !== "");
  if (parts.length === 1) {
    return root === "api"
      ? document(apiVersions, () => apiGroupDiscoveryList(core))
      : document(() => apiGroupList(groups), () => apiGroupDiscoveryList(named));
  }
  const group = root === "api" ? core[0] : named.find(({ name }) => name === rest[0]);
  if (group === undefined) return undefined;
  const wanted = root === "api" ? rest : rest.slice(1);
  if (wanted.length === 0) return document(() => apiGroup(group));
  const version = group.versions.find(({ version }) => version === wanted[0]);
  if (version === undefined || wanted.length > 1) return undefined;
  return document(() => apiResourceList(group.name, version));
}

function document(
  plain: (serverAddress: string) => JsonObject,
  aggregated?: () => JsonObject,
): DiscoveryDocument {
  return { plain, encoded: new Map(), ...(aggregated === undefined ? {} : { aggregated }) };
}

/** The form in which the aggregated document is asked for, if it is at all. */
function aggregatedMedia(accept: string | undefined): MediaType | undefined {
  if (accept === undefined || !accept.includes("APIGroupDiscoveryList")) return undefined;
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    const { as, g, v } = parameters;
    if (as !== "APIGroupDiscoveryList" || g !== "apidiscovery.k8s.io" || v !== "v2") continue;
    const media = [JSON_TYPE, YAML_TYPE].find((media) =>
      media.type === type && (media.subtype === subtype || subtype === "*")
    );
    if (media !== undefined) return media;
  }
  return undefined;
}

function serveAggregated(
  exchange: Exchange,
  document: DiscoveryDocument,
  media: MediaType,
): HttpResponse {
  const key = `${media.encoding}${exchange.pretty ? ";pretty" : ""}`;
  let encoded = document.encoded.get(key);
  if (encoded === undefined) {
    const bytes = encodeValue(document.aggregated!(), media.encoding, exchange.pretty);
    const digest = createHash("sha512").update(bytes).digest("hex").toUpperCase();
    document.encoded.set(key, encoded = { bytes, etag: `"${digest}"` });
  }
  const headers = { "cache-control": "public", etag: encoded.etag, vary: "Accept" };
  if (exchange.request.headers["if-none-match"] === encoded.etag) {
    return { status: 304, headers };
  }
  return respond(200, media.name + AGGREGATED, encoded.bytes, headers);
}
