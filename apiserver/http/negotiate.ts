// In which media type an answer goes out and a body comes in. Source:
// k8s.io/apiserver/pkg/endpoints/handlers/negotiation.

import { StatusError } from "../../runtime/status.ts";
import { parseAccept } from "./accept.ts";
import type { Query } from "./query.ts";

/** The forms that objects take on the wire. */
export type Encoding = "json" | "yaml" | "protobuf";

/** A media type that is served. */
export interface MediaType {
  readonly encoding: Encoding;
  readonly type: string;
  readonly subtype: string;
  /** As it stands in a Content-Type header. */
  readonly name: string;
}

/** `application/json`. */
export const JSON_TYPE: MediaType = {
  encoding: "json",
  type: "application",
  subtype: "json",
  name: "application/json",
};

/** `application/yaml`. */
export const YAML_TYPE: MediaType = {
  encoding: "yaml",
  type: "application",
  subtype: "yaml",
  name: "application/yaml",
};

/** `application/vnd.kubernetes.protobuf`. */
export const PROTOBUF_TYPE: MediaType = {
  encoding: "protobuf",
  type: "application",
  subtype: "vnd.kubernetes.protobuf",
  name: "application/vnd.kubernetes.protobuf",
};

/** What every endpoint of objects offers, the default first. */
export const OBJECT_TYPES: readonly MediaType[] = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];

/** What the endpoints of custom resources can write their own objects in. */
export const CUSTOM_TYPES: readonly MediaType[] = [JSON_TYPE, YAML_TYPE];

/** What watches can be streamed in. */
const STREAM_TYPES: readonly MediaType[] = [JSON_TYPE, PROTOBUF_TYPE];

/** Into what an answer is to be transformed (`as`, `v`, `g`). */
export interface Transform {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
}

/** The outcome of a negotiation. */
export interface Negotiated {
  readonly media: MediaType;
  readonly transform?: Transform;
  readonly pretty: boolean;
}

/** What an endpoint can do. */
export interface Endpoint {
  /** The media types of its objects as they are. */
  readonly standard: readonly MediaType[];
  /** Whether `as=Table` and `as=PartialObjectMetadata` are understood. */
  readonly transforms: boolean;
  /** Whether there are no tables although objects can be transformed otherwise. */
  readonly withoutTable?: boolean;
}

/** An endpoint of built-in objects. */
export const BUILTIN_ENDPOINT: Endpoint = { standard: OBJECT_TYPES, transforms: true };

/** An endpoint of built-in objects that has no tables. */
export const BARE_ENDPOINT: Endpoint = { ...BUILTIN_ENDPOINT, withoutTable: true };

/** An endpoint of custom objects. */
export const CUSTOM_ENDPOINT: Endpoint = { standard: CUSTOM_TYPES, transforms: true };

/** An endpoint of something else: discovery, errors. */
export const PLAIN_ENDPOINT: Endpoint = { standard: OBJECT_TYPES, transforms: false };

const PLAIN_JSON: Negotiated = { media: JSON_TYPE, pretty: false };

/** Chooses what to answer in. Throws 406. `stream` is for watches. */
export function negotiate(
  accept: string | undefined,
  pretty: boolean,
  endpoint: Endpoint,
  stream = false,
): Negotiated {
  if (accept === undefined || accept === "") {
    return pretty ? { media: JSON_TYPE, pretty } : PLAIN_JSON;
  }
  // The commonest header of all needs no parsing.
  if (accept === "application/json" && !pretty) return PLAIN_JSON;
  const found = tryNegotiate(accept, pretty, endpoint, stream);
  if (found === undefined) throw notAcceptable(stream);
  return found;
}

/** The same, but `undefined` when nothing offered is acceptable. */
export function tryNegotiate(
  accept: string,
  pretty: boolean,
  endpoint: Endpoint,
  stream = false,
): Negotiated | undefined {
  for (const clause of parseAccept(accept)) {
    for (const media of stream ? STREAM_TYPES : OBJECT_TYPES) {
      const matches = clause.type === "*" ? clause.subtype === "*" : clause.type === media.type &&
        (clause.subtype === "*" || clause.subtype === media.subtype);
      if (!matches) continue;
      const { as, v = "", g = "", stream: streamed = "" } = clause.parameters;
      if (streamed !== "" && (streamed !== "watch" || media.encoding === "yaml")) continue;
      const transform = as === undefined && v === "" && g === ""
        ? undefined
        : { kind: as ?? "", group: g, version: v };
      if (!allows(endpoint, media, transform)) continue;
      return {
        media,
        pretty: pretty || clause.parameters["pretty"] === "1",
        ...(transform === undefined ? {} : { transform }),
      };
    }
  }
  return undefined;
}

function allows(
  endpoint: Endpoint,
  media: MediaType,
  transform: Transform | undefined,
): boolean {
  if (transform === undefined) return endpoint.standard.includes(media);
  if (!endpoint.transforms || transform.group !== "meta.k8s.io") return false;
  if (transform.version !== "v1" && transform.version !== "v1beta1") return false;
  switch (transform.kind) {
    case "Table":
      return media.encoding !== "protobuf" && endpoint.withoutTable !== true;
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return true;
    default:
      return false;
  }
}

/** 406, naming what is offered. */
export function notAcceptable(stream = false): StatusError {
  const offered = stream
    ? STREAM_TYPES.map((media) => `${media.name};stream=watch`)
    : OBJECT_TYPES.map((media) => media.name);
  return new StatusError(
    406,
    "NotAcceptable",
    `only the following media types are accepted: ${offered.join(", ")}`,
  );
}

/**
 * Whether any clause of an Accept header names one of these media types, parameters aside: what
 * the router asks before a handler sees the request.
 */
export function routeAccepts(
  accept: string | undefined,
  produced: readonly string[],
): boolean {
  if (accept === undefined || accept === "" || accept === "application/json") {
    return accept !== "application/json" || produced.includes(accept);
  }
  for (const part of accept.split(",")) {
    const end = part.indexOf(";");
    const name = (end < 0 ? part : part.slice(0, end)).trim();
    if (name === "*/*" || name === "" || produced.includes(name)) return true;
    // The router compares `type/*` with the type alone.
    if (name.endsWith("/*") && produced.some((p) => p.startsWith(name.slice(0, -1)))) return true;
  }
  return false;
}

/** 406 as the router words it. */
export function routeNotAcceptable(produced: readonly string[]): StatusError {
  return new StatusError(
    406,
    "NotAcceptable",
    `406: Not Acceptable\n\nAvailable representations: ${produced.join(", ")}`,
    {},
  );
}

/** 415, naming what is accepted. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${
      accepted.join(", ")
    }`,
  );
}

/** How a body is written, by its Content-Type; JSON when there is none. Throws 415. */
export function bodyEncoding(contentType: string | undefined, custom: boolean): MediaType {
  if (contentType === undefined || contentType === "" || contentType === JSON_TYPE.name) {
    return JSON_TYPE;
  }
  const offered = custom ? CUSTOM_TYPES : OBJECT_TYPES;
  const end = contentType.indexOf(";");
  const name = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  const found = offered.find((media) => media.name === name);
  if (found === undefined) throw unsupportedMediaType(offered.map((media) => media.name));
  return found;
}

/** Whether the client wants to read the answer with its eyes. */
export function wantsPretty(query: Query, userAgent: string): boolean {
  if (query.has("pretty")) {
    const value = query.get("pretty");
    if (value !== "") return ["1", "t", "T", "true", "TRUE", "True"].includes(value);
  }
  return userAgent.startsWith("curl") || userAgent.startsWith("Wget") ||
    userAgent.startsWith("Mozilla/5.0");
}
