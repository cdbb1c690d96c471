// OpenAPI of what a cluster serves: the index and documents of version 3,
// the one document of version 2, each in JSON and in gnostic's protobuf.
// Documents are made when first asked for; those of built-in groups are
// shared by all clusters. Source: k8s.io/kube-openapi handler and handler3.

import { stringifyJson } from "../../runtime/json.ts";
import { createHash } from "node:crypto";
import type { JsonObject } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Definitions } from "../definitions.ts";
import { parseAccept } from "../http/accept.ts";
import type { Exchange } from "../http/exchange.ts";
import { respond } from "../http/respond.ts";
import { PageNotFound } from "../http/route.ts";
import type { HttpResponse } from "../http/types.ts";
import { versionInfo } from "../http/version.ts";
import { allComponents, builtinDocuments, builtinPart, type Part } from "./_builtin.ts";
import { customPart } from "./_custom.ts";
import { encodeOpenApi2, encodeOpenApi3 } from "./_gnostic.ts";
import type { OpenApiVersion } from "./_schemas.ts";

export { publishedSchema } from "./_schemas.ts";

const encoder = new TextEncoder();
const SERVED = versionInfo();
const INFO: { title: string; version: string } = {
  title: "Kubernetes",
  version: `${SERVED.major}.${SERVED.minor}`,
};
// What the documents of custom resources alone call themselves.
const CUSTOM_INFO = { title: "Kubernetes CRD Swagger", version: "v0.1.0" };
const BEARER = {
  type: "apiKey",
  description: "Bearer Token authentication",
  name: "authorization",
  in: "header",
};

/** A document with the bytes made of it so far. */
class Document {
  readonly #make: () => JsonObject;
  readonly #version: OpenApiVersion;
  #json: Uint8Array | undefined;
  #protobuf: Uint8Array | undefined;
  #hash: string | undefined;

  constructor(version: OpenApiVersion, make: () => JsonObject) {
    this.#version = version;
    this.#make = make;
  }

  get json(): Uint8Array {
    return this.#json ??= encoder.encode(stringifyJson(this.#make()));
  }

  get protobuf(): Uint8Array {
    return this.#protobuf ??= this.#version === 2
      ? encodeOpenApi2(this.#make())
      : encodeOpenApi3(this.#make());
  }

  get hash(): string {
    return this.#hash ??= createHash("sha512").update(this.json).digest("hex").toUpperCase();
  }
}

const builtin = new Map<string, Document>();
let builtinVersion2: Part | undefined;

function builtinDocument(key: string): Document | undefined {
  let document = builtin.get(key);
  if (document === undefined) {
    const paths = builtinDocuments().get(key);
    if (paths === undefined) return undefined;
    document = new Document(3, () => version3(builtinPart(paths, 3)));
    builtin.set(key, document);
  }
  return document;
}

function version3({ paths, components }: Part, info = INFO): JsonObject {
  return {
    openapi: "3.0.0",
    info,
    paths,
    components: {
      ...(Object.keys(components).length === 0 ? {} : { schemas: components }),
      ...(info === INFO ? { securitySchemes: { BearerToken: BEARER } } : {}),
    },
  };
}

function version2({ paths, components }: Part): JsonObject {
  return {
    swagger: "2.0",
    info: INFO,
    paths,
    definitions: components,
    securityDefinitions: { BearerToken: BEARER },
    security: [{ BearerToken: [] }],
  };
}

/** The OpenAPI of one cluster. */
export class OpenApi {
  readonly #definitions: Definitions;
  #generation = -1;
  /** The documents of custom resources by key, with what they were made of. */
  #custom = new Map<string, { definitions: readonly ResourceDefinition[]; document: Document }>();
  #version2: Document | undefined;
  #index: Uint8Array | undefined;

  /** Over what the cluster serves. */
  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** The paths that `/` lists. */
  paths(): string[] {
    // The index of version 3 names its documents itself.
    return ["/openapi/v3", "/openapi/v3/"];
  }

  #refresh(): void {
    const { generation } = this.#definitions;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#version2 = undefined;
    this.#index = undefined;
    const groups = new Map<string, ResourceDefinition[]>();
    for (const definition of this.#definitions.all()) {
      if (!definition.custom) continue;
      const key = `apis/${definition.group}/${definition.version}`;
      const found = groups.get(key);
      if (found === undefined) groups.set(key, [definition]);
      else found.push(definition);
    }
    const before = this.#custom;
    this.#custom = new Map();
    for (const [key, definitions] of groups) {
      const known = before.get(key);
      this.#custom.set(
        key,
        known !== undefined && sameList(known.definitions, definitions) ? known : {
          definitions,
          document: new Document(3, () => version3(join(definitions, 3), CUSTOM_INFO)),
        },
      );
    }
  }

  /** Answers one request. Failures are thrown. */
  serve(exchange: Exchange): HttpResponse {
    const { path } = exchange.info;
    this.#refresh();
    if (path === "/openapi/v2") return serveDocument(exchange, this.#whole(), 2);
    if (path === "/openapi/v3" || path === "/openapi/v3/") return this.#serveIndex();
    if (!path.startsWith("/openapi/v3/")) throw new PageNotFound();
    const key = path.slice("/openapi/v3/".length);
    const document = builtinDocument(key) ?? this.#custom.get(key)?.document;
    if (document === undefined) return { status: 404, headers: {} };
    const asked = exchange.info.query.get("hash");
    if (asked === "") return serveDocument(exchange, document, 3);
    if (asked !== document.hash) {
      return { status: 301, headers: { location: urlOf(key, document) } };
    }
    // What has a hash in its address never changes.
    return serveDocument(exchange, document, 3, { "cache-control": "public, immutable" });
  }

  #serveIndex(): HttpResponse {
    this.#index ??= encoder.encode(JSON.stringify({ paths: this.#indexPaths() }));
    return respond(200, "text/plain; charset=utf-8", this.#index);
  }

  #indexPaths(): JsonObject {
    const paths: JsonObject = {};
    for (const key of [...builtinDocuments().keys(), ...this.#custom.keys()].sort()) {
      const document = builtinDocument(key) ?? this.#custom.get(key)!.document;
      paths[key] = { serverRelativeURL: urlOf(key, document) };
    }
    return paths;
  }

  #whole(): Document {
    return this.#version2 ??= new Document(2, () => {
      builtinVersion2 ??= {
        paths: builtinPart([...builtinDocuments().values()].flat(), 2).paths,
        components: allComponents(2),
      };
      const custom = [...this.#custom.values()].flatMap(({ definitions }) => definitions);
      if (custom.length === 0) return version2(builtinVersion2);
      const { paths, components } = join(custom, 2);
      return version2({
        paths: { ...builtinVersion2.paths, ...paths },
        components: { ...builtinVersion2.components, ...components },
      });
    });
  }
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function join(definitions: readonly ResourceDefinition[], version: OpenApiVersion): Part {
  const paths: JsonObject = {};
  const components: JsonObject = {};
  for (const definition of definitions) {
    const part = customPart(definition, version);
    Object.assign(paths, part.paths);
    Object.assign(components, part.components);
  }
  return { paths, components };
}

function urlOf(key: string, document: Document): string {
  return `/openapi/v3/${key}?hash=${document.hash}`;
}

function serveDocument(
  exchange: Exchange,
  document: Document,
  version: OpenApiVersion,
  more: Record<string, string> = {},
): HttpResponse {
  const form = formOf(exchange.request.headers["accept"], version);
  if (form === undefined) return { status: 406, headers: {} };
  const etag = `"${document.hash}"`;
  const headers = { etag, vary: "Accept", ...more };
  if (exchange.request.headers["if-none-match"] === etag) return { status: 304, headers };
  return form === "json" ? respond(200, "application/json", document.json, headers) : respond(
    200,
    `application/com.github.proto-openapi.spec.v${version}.v1.0+protobuf`,
    document.protobuf,
    headers,
  );
}

function formOf(
  accept: string | undefined,
  version: OpenApiVersion,
): "json" | "protobuf" | undefined {
  if (accept === undefined || accept === "") return "json";
  const spec = `com.github.proto-openapi.spec.v${version}`;
  for (const { type, subtype } of parseAccept(accept)) {
    if (type !== "application" && type !== "*") continue;
    if (subtype === "json" || subtype === "*") return "json";
    if (subtype === `${spec}@v1.0+protobuf` || subtype === `${spec}.v1.0+protobuf`) {
      return "protobuf";
    }
  }
  return undefined;
}
