// Continue tokens of chunked lists: which key comes next, at which revision.
// Opaque to clients, but in upstream's form, since tools print and tests
// forge them. Source: k8s.io/apiserver storage/continue.go.

import { badRequest } from "../../runtime/status.ts";
import { decodeGoJson } from "./_go_json.ts";

const VERSION = "meta.k8s.io/v1";

/** Where a list goes on. */
export interface ContinueToken {
  /** The list goes on after this key, relative to what is listed. */
  readonly after: string;
  /** The revision of the list; negative: the latest. */
  readonly revision: number;
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Writes a token. */
export function encodeContinue({ after, revision }: ContinueToken): string {
  const json = JSON.stringify({ v: VERSION, rv: revision, start: `${after}\0` });
  return toBase64Url(new TextEncoder().encode(json));
}

function invalidToken(why: string): Error {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}

function fromBase64Url(text: string): Uint8Array {
  const at = text.search(/[^A-Za-z0-9_-]/);
  const length = at < 0 ? text.length : at;
  if (at >= 0 || length % 4 === 1) {
    throw invalidToken(`illegal base64 data at input byte ${at < 0 ? length - 1 : at}`);
  }
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Reads a token. Throws BadRequest. */
export function decodeContinue(text: string): ContinueToken {
  const token = decodeGoJson(fromBase64Url(text), invalidToken);
  const version = token.v ?? "";
  if (version !== VERSION) {
    throw invalidToken(`server does not recognize this encoded version ${version}`);
  }
  const revision = Number(token.rv ?? 0);
  if (revision === 0) {
    throw invalidToken(`incorrect encoded start resourceVersion (version ${VERSION})`);
  }
  const start = String(token.start ?? "");
  if (start === "") throw invalidToken(`encoded start key empty (version ${VERSION})`);
  if (!isClean(start)) throw invalidToken(start);
  return { after: start.endsWith("\0") ? start.slice(0, -1) : justBefore(start), revision };
}

/** No segment may lead elsewhere: path.Clean would change nothing. */
function isClean(start: string): boolean {
  const path = start.startsWith("/") ? start.slice(1) : start;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** The greatest key below `start`, near enough: no name ends in this character. */
function justBefore(start: string): string {
  return `${start.slice(0, -1)}${
    String.fromCharCode(start.charCodeAt(start.length - 1) - 1)
  }\uffff`;
}
