// sprig's functions that take URLs apart and put them together. Source:
// sprig's documentation, "URL Functions", and that of package net/url.

import { goQuote } from "../go_text.ts";
import { fixed, type Functions } from "./function.ts";
import { CallError, GoMap, kindOf, type Value } from "./values.ts";

function unescape(text: string): string {
  const bad = /%(?![\da-fA-F]{2}).{0,2}/.exec(text);
  if (bad !== null) throw new CallError(`invalid URL escape ${goQuote(bad[0])}`);
  const bytes: number[] = [];
  for (const [part, hex] of text.matchAll(/%(..)|[^%]+/g)) {
    if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else bytes.push(...new TextEncoder().encode(part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function escape(text: string, kept: RegExp): string {
  return text.replace(/[^]/gu, (char) => {
    if (kept.test(char)) return char;
    const bytes = [...new TextEncoder().encode(char)];
    return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}

const PATH_KEPT = /[A-Za-z0-9\-_.~$&+,/:;=@]/;
const FRAGMENT_KEPT = /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/;

function parse(url: string): Record<string, string> {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(url)) {
    throw new CallError("net/url: invalid control character in URL");
  }
  const [, before = "", fragment = ""] = /^([^#]*)(?:#([^]*))?$/.exec(url) ?? [];
  const [, scheme = "", rest = ""] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^]*)$/.exec(before) ?? [];
  if (rest.startsWith(":") && scheme === "") throw new CallError("missing protocol scheme");
  const [, hierarchy = "", query = ""] = /^([^?]*)(?:\?([^]*))?$/.exec(rest) ?? [];
  const parts = { scheme: scheme.toLowerCase(), query, fragment: unescape(fragment) };
  const none = { host: "", hostname: "", path: "", opaque: "", userinfo: "" };
  if (!hierarchy.startsWith("/")) {
    if (scheme !== "") return { ...none, ...parts, opaque: hierarchy };
    if (/^[^/]*:/.test(hierarchy)) {
      throw new CallError("first path segment in URL cannot contain colon");
    }
  }
  const authority = /^\/\/(?!\/)([^/]*)([^]*)$/.exec(hierarchy);
  if (authority === null) {
    return { ...none, ...parts, path: unescape(hierarchy.replace(/^\/\/(?=\/)/, "")) };
  }
  const [, server = "", path = ""] = authority;
  const at = server.lastIndexOf("@");
  const host = server.slice(at + 1);
  const port = /:([^:\]]*)$/.exec(host);
  if (port !== null && !/^\d*$/.test(port[1] ?? "")) {
    throw new CallError(`invalid port ${goQuote(port[0])} after host`);
  }
  const hostname = host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
  const userinfo = at < 0 ? "" : server.slice(0, at);
  return { ...none, ...parts, host, hostname, path: unescape(path), userinfo };
}

function parseUrl(url: string): GoMap {
  try {
    return new GoMap(new Map<string, Value>(Object.entries(parse(url))));
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new CallError(`unable to parse url: parse ${goQuote(url)}: ${error.message}`);
  }
}

function member({ entries }: GoMap, name: string): string {
  const value = entries.get(name);
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  throw new CallError(
    `unable to parse ${name} key, must be of type string, but ${kindOf(value)} found`,
  );
}

function joinUrl(map: GoMap): string {
  const [scheme, host, path, query, opaque, fragment, userinfo] = [
    "scheme",
    "host",
    "path",
    "query",
    "opaque",
    "fragment",
    "userinfo",
  ].map((name) => member(map, name)) as [string, string, string, string, string, string, string];
  let url = scheme === "" ? "" : `${scheme}:`;
  if (opaque !== "") url += opaque;
  else {
    const written = escape(path, PATH_KEPT);
    if (host !== "" || userinfo !== "" || (scheme !== "" && path.startsWith("//"))) {
      url += `//${userinfo === "" ? "" : `${userinfo}@`}${host}`;
    }
    if (path !== "" && !path.startsWith("/") && host !== "") url += "/";
    if (url === "" && /^[^/]*:/.test(written)) url += "./";
    url += written;
  }
  if (query !== "") url += `?${query}`;
  return fragment === "" ? url : `${url}#${escape(fragment, FRAGMENT_KEPT)}`;
}

/** The functions. */
export const URL_FUNCTIONS: Functions = {
  urlParse: fixed(["string"], parseUrl),
  urlJoin: fixed(["map[string]interface {}"], joinUrl),
};
