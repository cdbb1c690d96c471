// Answers: headers that every one has, errors as Status objects in whatever
// form the client can read, and JSON in the clear where it can read none.
// Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.

import { internalError, type Status, StatusError } from "../../runtime/status.ts";
import { encodeValue } from "./encode.ts";
import {
  type Encoding,
  JSON_TYPE,
  type MediaType,
  PLAIN_ENDPOINT,
  tryNegotiate,
} from "./negotiate.ts";
import { PageNotFound } from "./route.ts";
import type { HttpResponse } from "./types.ts";

const encoder = new TextEncoder();

/** Headers with names in lower case. */
export type Headers = Record<string, string | readonly string[]>;

/** An answer with a body. */
export function respond(
  status: number,
  contentType: string,
  body: HttpResponse["body"],
  more: Headers = {},
): HttpResponse {
  return {
    status,
    headers: { "cache-control": "no-cache, private", "content-type": contentType, ...more },
    ...(body === undefined ? {} : { body }),
  };
}

/** Plain text. */
export function respondText(status: number, text: string, more: Headers = {}): HttpResponse {
  return respond(status, "text/plain; charset=utf-8", encoder.encode(text), {
    "x-content-type-options": "nosniff",
    ...more,
  });
}

/** A JSON tree in the negotiated form. */
export function respondValue(
  status: number,
  value: unknown,
  media: MediaType,
  pretty: boolean,
  more: Headers = {},
): HttpResponse {
  return respond(status, media.name, encodeValue(value, media.encoding, pretty), more);
}

/** Indented JSON, whatever the client asked for. */
export function respondRawJson(status: number, value: unknown, more: Headers = {}): HttpResponse {
  return respond(status, JSON_TYPE.name, encodeValue(value, "json", true), more);
}

/** What went wrong, as an answer. `onDefect` hears of errors that nobody foresaw. */
export function respondError(
  error: unknown,
  accept: string | undefined,
  pretty: boolean,
  onDefect: (error: unknown) => void,
): HttpResponse {
  if (error instanceof PageNotFound) return respondText(404, PageNotFound.text);
  const known = error instanceof StatusError ? error : defect(error, onDefect);
  return respondStatus(known.status, accept, pretty);
}

function defect(error: unknown, onDefect: (error: unknown) => void): StatusError {
  onDefect(error);
  return internalError(error instanceof Error ? error.message : String(error));
}

/** A Status in a form that the client accepts; its own code counts even when there is none. */
export function respondStatus(
  status: Status,
  accept: string | undefined,
  pretty: boolean,
): HttpResponse {
  const more: Headers = {};
  const retry = status.details?.retryAfterSeconds;
  if (retry !== undefined && retry > 0) more["retry-after"] = String(retry);
  const found = accept === undefined || accept === ""
    ? { media: JSON_TYPE, pretty }
    : tryNegotiate(accept, pretty, PLAIN_ENDPOINT);
  if (found === undefined) return respondRawJson(status.code, status, more);
  const encoding: Encoding = found.media.encoding;
  return respond(
    status.code,
    found.media.name,
    encodeValue(status, encoding, found.pretty),
    more,
  );
}
